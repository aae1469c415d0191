"""What a finding tells: a reason, a cure, and the worst of them first."""

from collections.abc import Iterable

import pytest

from federation.conditions import Condition, Operator
from federation.entries import Entry
from federation.errors import TrustInvalid
from federation.linter import check, grade
from tests.federation.linter.trusts import (
    BRANCH,
    CLUSTER,
    GITHUB,
    GITLAB,
    INSIDE,
    KEYCLOAK,
    entry,
    glob,
    with_event,
)
from tests.federation.signer import Signer


def everything() -> Iterable[Entry]:
    """Trusts of which, between them, all there is to say is said."""
    yield from (glob(issuer, "*") for issuer in (GITHUB, KEYCLOAK))
    yield from (glob(GITHUB, it) for it in ("repo:org*", "repo:*/a:x", "repo:a/b:*"))
    yield entry(GITHUB, BRANCH.replace("@1", ""), ignore_case=True)
    yield from (glob(KEYCLOAK, "*:x"), glob(GITHUB, "repo:acme/app:ref:v*"))
    yield entry("http://127.0.0.1/realms/master", "a*", keys=Signer().jwks())
    yield entry(INSIDE, "system:serviceaccount:ci:x", audiences=("kubernetes",))
    yield from (it(GITHUB, "job_workflow_ref:acme/ci/x:**") for it in (entry, glob))
    yield entry(GITHUB, BRANCH, **with_event(Operator.EQUALS, "issues"))
    yield entry(f"{GITLAB}/", "x", conditions=(Condition("a", Operator.GLOB, ("*",)),))


@pytest.mark.parametrize("trust", [*everything()], ids=lambda trust: trust.subject)
def test_every_finding_has_a_reason_and_a_cure(trust: Entry) -> None:
    facts = grade(trust).facts()
    assert facts["findings"]
    for finding in facts["findings"]:
        assert set(finding) == {"code", "level", "reason", "cure"}
        assert all(text and not text.endswith(".") for text in finding.values())


def test_a_refusal_tells_the_worst_finding_with_its_cure() -> None:
    trust = entry(GITHUB, "*")
    worst = grade(trust).findings[0]
    with pytest.raises(TrustInvalid) as error:
        check(trust)
    assert worst.code == "subject_any"
    assert error.value.message == f"subject: {worst.reason}. {worst.cure}"


def test_the_cure_of_an_open_owner_names_the_ids_that_there_are() -> None:
    (github,) = (f for f in grade(glob(GITHUB, "repo:*/a:x")).findings[:1])
    (cluster,) = (f for f in grade(glob(CLUSTER, "system:**")).findings[:1])
    assert "an id (repository_id, repository_owner_id)" in github.cure
    assert "an id" not in cluster.cure
