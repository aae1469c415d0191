"""Which trusts are meant by issuer and subject alone."""

from dataclasses import replace

import pytest

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.errors import TrustInvalid
from federation.pairs import Pair, Wanted, literal, whole

APP = Pair("https://issuer.example", "repo:acme/app")
WEB = Pair("https://issuer.example", "repo:acme/web")
LOUD = "REPO:ACME/APP"
PLAIN = Entry(*APP)
OFF = replace(PLAIN, enabled=False)
NARROW = replace(PLAIN, audiences=("quay",), single_use=True)
PUSH = replace(PLAIN, conditions=(Condition("event", Operator.EQUALS, ("push",)),))
GLOB = replace(PLAIN, subject_match=SubjectMatch.GLOB)
OTHER = Entry(*WEB, audiences=("quay",))


@pytest.mark.parametrize(
    ("wanted", "held", "meant"),
    [
        pytest.param([APP], [], [PLAIN], id="none has it"),
        pytest.param([APP], [OTHER], [PLAIN], id="another subject"),
        pytest.param([APP], [PLAIN], [PLAIN], id="one that says no more"),
        pytest.param([APP], [NARROW], [NARROW], id="one that says more"),
        pytest.param([APP], [OFF], [OFF], id="a disabled one"),
        pytest.param([APP], [GLOB], [GLOB], id="a glob"),
        pytest.param([APP], [PUSH, PLAIN, GLOB], [PLAIN], id="one of them is plain"),
        pytest.param([PLAIN], [NARROW], [PLAIN], id="an entry is meant as it is"),
        pytest.param([WEB, APP], [NARROW, OTHER], [OTHER, NARROW], id="in order"),
        pytest.param(
            [Pair(APP.issuer, LOUD), Pair(f"{APP.issuer}/", APP.subject)],
            [replace(NARROW, ignore_case=True)],
            [Entry(APP.issuer, LOUD), Entry(f"{APP.issuer}/", APP.subject)],
            id="letter by letter",
        ),
    ],
)
def test_a_pair_stands_for_the_trust_that_has_it(
    wanted: list[Wanted], held: list[Entry], meant: list[Entry]
) -> None:
    assert whole(wanted, held) == meant


@pytest.mark.parametrize("held", [[PUSH, GLOB], [OFF, NARROW, PUSH]], ids=len)
def test_a_pair_that_could_be_any_of_several_is_refused(held: list[Entry]) -> None:
    with pytest.raises(TrustInvalid) as refusal:
        whole([WEB, APP], held)
    assert refusal.value.message == (
        f"{len(held)} trusts have the issuer 'https://issuer.example' and the"
        " subject 'repo:acme/app': say which by its other fields"
    )


def test_by_itself_a_pair_is_a_trust_that_says_no_more() -> None:
    assert [literal(APP), literal(NARROW)] == [PLAIN, NARROW]
