"""A robot's trusts change whole, and what they let in ends with them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation import lifecycle
from federation.conditions import Condition, Operator
from federation.entries import MAX_TRUSTS, Entry, SubjectMatch
from federation.errors import TrustInvalid
from federation.lifecycle import (
    add_trust,
    add_trusts,
    change_trust,
    clear_trusts,
    plan_trusts,
    remove_trust,
    revise_trust,
    set_trust_enabled,
    set_trusts,
)
from federation.models import FederatedToken, Trust
from federation.pairs import Pair
from robots.errors import AlreadyExists, DomainError, NotFound
from robots.models import AuditEvent, Robot, RobotToken, TokenOrigin
from tests import factories
from tests.conftest import Cast
from tests.federation.signer import Signer
from tests.robots.ledger import recorded, unchanged

pytestmark = pytest.mark.django_db

BY = factories.BY
APP = Entry("https://issuer.example", "repo:acme/app")
WEB = Entry("https://issuer.example", "repo:acme/web", ("quay",), name="web")
PAST = datetime(2020, 1, 1, tzinfo=UTC)
RUN = Condition("run", Operator.EQUALS, (1,))
FULL = Entry(
    "https://issuer.example",
    "repo:acme/*",
    audiences=("quay", "other"),
    name="everything",
    subject_match=SubjectMatch.GLOB,
    ignore_case=True,
    conditions=(RUN, Condition("env", Operator.GLOB, ("prod-*",), ignore_case=True)),
    max_age=600,
    single_use=True,
    keys=Signer().jwks(),
    expires_at=datetime(2090, 1, 1, tzinfo=UTC),
)


def token_of(trust: Trust, minutes: int = 60) -> RobotToken:
    """A live federated token that the trust earned."""
    token = RobotToken.objects.create(
        robot=trust.robot,
        origin=TokenOrigin.FEDERATED,
        digest=f"{trust.pk}-{minutes}",
        expires_at=timezone.now() + timedelta(minutes=minutes),
    )
    FederatedToken.objects.create(token=token, trust=trust)
    return token


def lives(token: RobotToken) -> bool:
    return RobotToken.objects.filter(pk=token.pk).exists()


def said(robot: Robot) -> list[Entry]:
    return [trust.entry for trust in Trust.objects.filter(robot=robot)]


@pytest.mark.parametrize("entry", [APP, WEB, FULL], ids=["plain", "named", "full"])
def test_a_trust_is_stored_as_it_was_said(cast: Cast, entry: Entry) -> None:
    made = add_trust(cast.ci, entry, BY)
    stored = Trust.objects.get()
    assert (stored.pk, stored.entry, stored.robot) == (made.pk, entry, cast.ci)
    assert (stored.created_by, stored.digest) == (BY.name, entry.digest)


def test_adding_is_audited_with_keys_by_name_only(cast: Cast) -> None:
    facts = {
        "robot": "ci",
        "issuer": FULL.issuer,
        "subject": FULL.subject,
        "audiences": ["quay", "other"],
        "name": "everything",
        "subject_match": "glob",
        "ignore_case": True,
        "conditions": [condition.facts() for condition in FULL.conditions],
        "max_age": 600,
        "single_use": True,
        "keys": ["key-1"],
        "expires_at": "2090-01-01T00:00:00+00:00",
    }
    add_trust(cast.ci, FULL, BY)
    event = AuditEvent.objects.get(kind="add_robot_trust")
    key = Trust.objects.get().pk
    assert event.facts == {**facts, "trust": key, "trust_name": "everything"}
    assert (event.namespace, event.performer_name) == (cast.acme, BY.name)


def test_trusts_added_come_after_the_others_in_their_order(cast: Cast) -> None:
    set_trusts(cast.ci, [WEB, APP], BY)
    add_trusts(
        cast.ci, [FULL, replace(APP, subject="z"), replace(APP, subject="b")], BY
    )
    subjects = [entry.subject for entry in said(cast.ci)]
    assert subjects == [WEB.subject, APP.subject, FULL.subject, "z", "b"]


def test_places_stay_dense_when_trusts_come_and_go(cast: Cast) -> None:
    for number in range(4):
        add_trust(cast.ci, replace(APP, subject=f"s{number}"), BY)
    for number in range(4, 9):
        remove_trust(Trust.objects.filter(robot=cast.ci)[1], BY)
        add_trust(cast.ci, replace(APP, subject=f"s{number}"), BY)
    trusts = Trust.objects.filter(robot=cast.ci)
    assert [trust.position for trust in trusts] == [0, 1, 2, 3]
    assert [trust.subject for trust in trusts] == ["s0", "s6", "s7", "s8"]


@pytest.mark.parametrize(
    ("entries", "error", "text"),
    [
        ([replace(APP, issuer="ftp://x")], TrustInvalid, "Issuer must be a URL"),
        ([replace(APP, subject="*")], TrustInvalid, "subject: "),
        ([APP, APP], TrustInvalid, "Duplicate federation config entry"),
        ([APP, WEB], AlreadyExists, "Trust"),
        ([APP, replace(WEB, audiences=("x",))], AlreadyExists, "lets in the same"),
        (
            [
                APP,
                replace(
                    APP, subject="old", expires_at=datetime(2020, 1, 1, tzinfo=UTC)
                ),
            ],
            TrustInvalid,
            "expires_at: must be in the future",
        ),
        (
            [replace(APP, subject=f"s{number}") for number in range(MAX_TRUSTS)],
            TrustInvalid,
            "At most 100 federation config entries",
        ),
    ],
    ids=["issuer", "linter", "twice", "held", "other audiences", "ended", "too many"],
)
def test_what_cannot_be_added_adds_nothing_of_it(
    cast: Cast, entries: list[Entry], error: type[DomainError], text: str
) -> None:
    set_trusts(cast.ci, [WEB], BY)
    for deed in (add_trusts, plan_trusts):
        with unchanged(), pytest.raises(error, match=text):
            deed(cast.ci, entries, BY)
        assert said(cast.ci) == [WEB]


def test_a_plan_is_what_would_be_stored_and_stores_nothing(cast: Cast) -> None:
    with unchanged():
        [planned] = plan_trusts(cast.ci, [FULL], BY)
    assert planned.entry == FULL
    assert not Trust.objects.exists()


def test_two_robots_may_trust_the_same(cast: Cast) -> None:
    add_trust(cast.ci, APP, BY)
    add_trust(cast.reader, APP, BY)
    assert said(cast.ci) == said(cast.reader) == [APP]


def test_a_pair_keeps_the_trust_that_has_it_whole(cast: Cast) -> None:
    full = replace(FULL, keys="")
    trust = add_trust(cast.ci, full, BY)
    token = token_of(trust)
    stored = set_trusts(cast.ci, [Pair(*WEB.pair), Pair(*full.pair)], BY)
    assert stored == said(cast.ci) == [Entry(*WEB.pair), full]
    assert Trust.objects.filter(pk=trust.pk).exists() and lives(token)
    event = AuditEvent.objects.get(kind="create_robot_federation")
    assert [config["subject"] for config in event.facts["config"]] == [
        WEB.subject,
        FULL.subject,
    ]
    assert event.facts["config"][1]["single_use"] is True


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ([replace(APP, max_age=5, conditions=(RUN,)), FULL], "Duplicate federation"),
        (
            [replace(APP, conditions=(RUN,)), replace(APP, ignore_case=True)],
            "say which",
        ),
    ],
    ids=["it is there already", "it could be either"],
)
def test_a_pair_that_tells_no_trust_from_another_changes_nothing(
    held: list[Entry], text: str, cast: Cast
) -> None:
    set_trusts(cast.ci, held, BY)
    with unchanged(), pytest.raises(TrustInvalid, match=text):
        set_trusts(cast.ci, [Pair(*APP.pair), held[0]], BY)
    assert said(cast.ci) == held


DEEDS_ON_A_ROBOT: dict[str, Callable[[Robot], object]] = {
    "set": lambda robot: set_trusts(robot, [APP], BY),
    "clear": lambda robot: clear_trusts(robot, BY),
    "add": lambda robot: add_trust(robot, APP, BY),
}


@pytest.mark.parametrize("deed", DEEDS_ON_A_ROBOT.values(), ids=DEEDS_ON_A_ROBOT)
def test_a_robot_that_is_gone_has_no_trusts(
    cast: Cast, deed: Callable[[Robot], object]
) -> None:
    gone = Robot.objects.get(pk=cast.ci.pk)
    cast.ci.delete()
    with unchanged(), pytest.raises(NotFound):
        deed(gone)


DEEDS_ON_A_TRUST: dict[str, Callable[[Trust], object]] = {
    "change": lambda trust: change_trust(trust, WEB, BY),
    "revise": lambda trust: revise_trust(trust, BY, name="new"),
    "disable": lambda trust: set_trust_enabled(trust, False, BY),
    "remove": lambda trust: remove_trust(trust, BY),
}


@pytest.mark.parametrize("deed", DEEDS_ON_A_TRUST.values(), ids=DEEDS_ON_A_TRUST)
def test_a_trust_that_is_gone_or_of_another_robot_is_not_found(
    cast: Cast, deed: Callable[[Trust], object]
) -> None:
    gone = add_trust(cast.ci, APP, BY)
    Trust.objects.filter(pk=gone.pk).delete()
    foreign = add_trust(cast.reader, APP, BY)
    foreign.robot = cast.ci
    for trust in (gone, foreign):
        with unchanged(), pytest.raises(NotFound):
            deed(trust)
    assert said(cast.reader) == [APP]


def revising(name: str, value: Any) -> Callable[[Trust], object]:
    return lambda trust: revise_trust(trust, BY, **{name: value})


ENDS_TOKENS: dict[str, Callable[[Trust], object]] = {
    "removed": lambda trust: remove_trust(trust, BY),
    "disabled": lambda trust: set_trust_enabled(trust, False, BY),
    "cleared": lambda trust: clear_trusts(trust.robot, BY),
    "replaced": lambda trust: set_trusts(trust.robot, [APP], BY),
    "other keys in the list": lambda trust: set_trusts(
        trust.robot, [replace(WEB, keys=Signer(algorithm="ES256").jwks()), APP], BY
    ),
    **{
        f"another {name}": revising(name, value)
        for name, value in {
            "issuer": "https://other.example",
            "subject": "repo:acme/w",
            "subject_match": SubjectMatch.GLOB,
            "ignore_case": True,
            "audiences": (),
            "conditions": (RUN,),
            "max_age": 60,
            "single_use": True,
            "keys": Signer().jwks(),
        }.items()
    },
}


@pytest.mark.parametrize("deed", ENDS_TOKENS.values(), ids=ENDS_TOKENS)
def test_tokens_end_with_what_let_them_in(
    cast: Cast, deed: Callable[[Trust], object]
) -> None:
    trust, other = add_trusts(cast.ci, [WEB, APP], BY)
    elsewhere = add_trust(cast.reader, WEB, BY)
    token, kept = token_of(trust), token_of(elsewhere)
    static = cast.ci.tokens.get(origin=TokenOrigin.STATIC)
    deed(trust)
    assert not lives(token)
    assert lives(kept) and lives(static), "only those of that trust"
    assert other.tokens.count() == 0


KEEPS_TOKENS: dict[str, Callable[[Trust], object]] = {
    "renamed": lambda trust: revise_trust(trust, BY, name="other"),
    "as it was": lambda trust: change_trust(trust, WEB, BY),
    "enabled": lambda trust: set_trust_enabled(trust, True, BY),
    "moved": lambda trust: set_trusts(trust.robot, [APP, WEB], BY),
    "another one removed": lambda trust: remove_trust(
        Trust.objects.get(subject=APP.subject), BY
    ),
    "a later end": lambda trust: revise_trust(
        trust, BY, expires_at=timezone.now() + timedelta(hours=9)
    ),
}


@pytest.mark.parametrize("deed", KEEPS_TOKENS.values(), ids=KEEPS_TOKENS)
def test_tokens_outlive_what_does_not_concern_them(
    cast: Cast, deed: Callable[[Trust], object]
) -> None:
    trust, _ = add_trusts(cast.ci, [WEB, APP], BY)
    token = token_of(trust)
    deed(trust)
    assert RobotToken.objects.get(pk=token.pk).expires_at == token.expires_at


def test_tokens_never_outlive_the_end_of_their_trust(cast: Cast) -> None:
    trust = add_trust(cast.ci, WEB, BY)
    long, short = token_of(trust, 60), token_of(trust, 5)
    end = timezone.now() + timedelta(minutes=30)
    revise_trust(trust, BY, expires_at=end)
    long_end = RobotToken.objects.get(pk=long.pk).expires_at
    short_end = RobotToken.objects.get(pk=short.pk).expires_at
    assert (long_end, short_end) == (end, short.expires_at)


def test_a_change_is_audited_with_what_was_and_what_is(cast: Cast) -> None:
    trust = add_trust(cast.ci, FULL, BY)
    changes = {
        "audiences": {"before": ["quay", "other"], "after": ["quay"]},
        "keys": {"before": ["key-1"], "after": ""},
        "name": {"before": "everything", "after": "less"},
    }
    facts = {"robot": "ci", "trust": trust.pk, "trust_name": "less"}
    with recorded("change_robot_trust", cast.acme, **facts, changes=changes):
        revise_trust(trust, BY, audiences=("quay",), keys="", name="less")
    assert Trust.objects.get().entry == replace(
        FULL, audiences=("quay",), keys="", name="less"
    )


def test_other_keys_of_the_same_name_are_a_change(cast: Cast) -> None:
    trust = add_trust(cast.ci, replace(APP, keys=Signer().jwks()), BY)
    token, other = token_of(trust), Signer(algorithm="ES256").jwks()
    revise_trust(trust, BY, keys=other)
    event = AuditEvent.objects.get(kind="change_robot_trust")
    assert event.facts["changes"] == {"keys": {"before": ["key-1"], "after": ["key-1"]}}
    assert not lives(token)


def test_keys_do_not_go_over_to_another_issuer(cast: Cast) -> None:
    trust, keys = add_trust(cast.ci, FULL, BY), Signer(algorithm="ES256").jwks()
    with unchanged(), pytest.raises(TrustInvalid) as refusal:
        revise_trust(trust, BY, issuer="https://new.example")
    assert refusal.value.message == (
        "keys: are those of the issuer before; send keys as well"
    )
    for number, sent in enumerate((keys, keys, "")):
        issuer = f"https://{number}.example"
        revise_trust(trust, BY, issuer=issuer, keys=sent)
        assert said(cast.ci) == [replace(FULL, issuer=issuer, keys=sent)]


def test_keys_stay_where_the_issuer_does(cast: Cast) -> None:
    trust = add_trust(cast.ci, FULL, BY)
    revise_trust(trust, BY, issuer=FULL.issuer, name="new")
    assert said(cast.ci) == [replace(FULL, name="new")]


def test_a_change_of_nothing_leaves_no_trace(cast: Cast) -> None:
    trust = add_trust(cast.ci, FULL, BY)
    with unchanged():
        row = revise_trust(trust, BY)
        assert change_trust(trust, FULL, BY).revision == row.revision
    assert Trust.objects.get().revision == row.revision


def test_one_and_true_are_two_values(cast: Cast) -> None:
    one = replace(APP, conditions=(RUN,))
    true = replace(APP, conditions=(replace(RUN, values=(True,)),))
    trust = add_trust(cast.ci, one, BY)
    change_trust(trust, true, BY)
    assert Trust.objects.get().conditions[0]["values"][0] is True
    set_trusts(cast.ci, [one], BY)
    assert Trust.objects.get().conditions[0]["values"][0] is not True


def test_each_change_grows_the_revision(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    changed = revise_trust(trust, BY, name="new")
    assert Trust.objects.get().revision == changed.revision == trust.revision + 1


def test_a_change_of_what_is_not_there_any_more_is_refused(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    revise_trust(trust, BY, name="new")
    with unchanged(), pytest.raises(DomainError, match="meanwhile"):
        change_trust(trust, replace(APP, name="mine"), BY, seen=trust.revision)
    seen = Trust.objects.get().revision
    change_trust(trust, replace(APP, name="mine"), BY, seen=seen)
    assert Trust.objects.get().name == "mine"


def test_a_change_leaves_alone_what_others_write(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    used = timezone.now()
    Trust.objects.update(last_used_at=used, last_refusal={"check": "age"})
    revise_trust(trust, BY, name="new")
    stored = Trust.objects.get()
    assert (stored.name, stored.last_used_at) == ("new", used)
    assert stored.last_refusal == {"check": "age"}


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"issuer": "ftp://x"}, TrustInvalid, "Issuer must be a URL"),
        ({"subject": "*"}, TrustInvalid, "subject: "),
        ({"max_age": 0}, TrustInvalid, "max_age: 1 to 86400 seconds"),
        ({"subject": WEB.subject}, AlreadyExists, "lets in the same"),
        ({"enabled": False, "max_age": 0}, TrustInvalid, "max_age"),
    ],
    ids=["issuer", "linter", "age", "held", "beside disabling"],
)
def test_a_change_to_what_cannot_be_changes_nothing(
    cast: Cast, fields: dict[str, Any], error: type[DomainError], text: str
) -> None:
    trust, _ = add_trusts(cast.ci, [APP, WEB], BY)
    with unchanged(), pytest.raises(error, match=text):
        revise_trust(trust, BY, **fields)
    assert said(cast.ci) == [APP, WEB]


def test_switching_off_and_on_has_events_of_its_own(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    changes = {"enabled": {"before": True, "after": False}}
    facts = {"robot": "ci", "trust": trust.pk, "trust_name": ""}
    with recorded("disable_robot_trust", cast.acme, **facts, changes=changes):
        set_trust_enabled(trust, False, BY)
    assert not Trust.objects.get().enabled
    changes = {"enabled": {"before": False, "after": True}}
    with recorded("enable_robot_trust", cast.acme, **facts, changes=changes):
        set_trust_enabled(trust, True, BY)
    assert Trust.objects.get().enabled


def test_removing_is_audited_with_what_it_said(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    facts = {
        "robot": "ci",
        "trust": trust.pk,
        "trust_name": "",
        "issuer": APP.issuer,
        "subject": APP.subject,
    }
    with recorded("remove_robot_trust", cast.acme, **facts):
        remove_trust(trust, BY)
    assert not Trust.objects.exists()


POLICIES: dict[str, tuple[dict[str, Any], Entry, str]] = {
    "another issuer": (
        {"FEDERATION_ISSUERS": ["https://b.example", "https://a.example"]},
        APP,
        "issuer: not one that this site allows;"
        " allowed are https://a.example, https://b.example",
    ),
    "own keys": (
        {"FEDERATION_TRUST_KEYS": False},
        FULL,
        "keys: this site does not allow trusts to bring their own",
    ),
    "no audience": (
        {"FEDERATION_REQUIRE_AUDIENCE": True},
        APP,
        "audiences: this site asks for at least one",
    ),
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_operators_policy_holds_for_every_write(
    cast: Cast, settings: Settings, policy: tuple[dict[str, Any], Entry, str]
) -> None:
    values, entry, text = policy
    before = add_trust(cast.ci, entry, BY)
    for name, value in values.items():
        setattr(settings, name, value)
    for deed in (
        lambda: add_trust(cast.reader, entry, BY),
        lambda: plan_trusts(cast.reader, [entry], BY),
        lambda: set_trusts(cast.reader, [entry, WEB], BY),
        lambda: revise_trust(before, BY, name="new"),
    ):
        with unchanged(), pytest.raises(TrustInvalid) as refusal:
            deed()
        assert refusal.value.message == text


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_what_the_operator_does_not_allow_any_more_can_be_switched_off_but_not_on(
    cast: Cast, settings: Settings, policy: tuple[dict[str, Any], Entry, str]
) -> None:
    values, entry, text = policy
    trust = add_trust(cast.ci, entry, BY)
    for name, value in values.items():
        setattr(settings, name, value)
    set_trust_enabled(trust, False, BY)
    assert not Trust.objects.get().enabled
    with pytest.raises(TrustInvalid, match=text.split(":")[0]):
        set_trust_enabled(trust, True, BY)
    remove_trust(trust, BY)
    assert not Trust.objects.exists()


@pytest.mark.parametrize(
    "deed",
    [
        lambda trust: set_trust_enabled(trust, False, BY),
        lambda trust: remove_trust(trust, BY),
        lambda trust: revise_trust(trust, BY, keys=""),
        lambda trust: clear_trusts(trust.robot, BY),
    ],
    ids=["disabled", "removed", "mended", "cleared"],
)
def test_what_no_rule_allows_any_more_can_be_put_right(
    cast: Cast, deed: Callable[[Trust], object]
) -> None:
    trust = add_trust(cast.ci, APP, BY)
    Trust.objects.update(keys="once good")
    deed(trust)
    assert not Trust.objects.filter(enabled=True).exclude(keys="").exists()


def test_what_the_operator_asks_for_may_be_stored(
    cast: Cast, settings: Settings
) -> None:
    settings.FEDERATION_ISSUERS = [APP.issuer]
    settings.FEDERATION_REQUIRE_AUDIENCE = True
    add_trust(cast.ci, WEB, BY)
    assert said(cast.ci) == [WEB]


def test_a_collision_that_only_the_database_sees_is_told(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_trust(cast.ci, APP, BY)
    monkeypatch.setattr(lifecycle, "_check_new", lambda held, entry: None)
    with unchanged(), pytest.raises(DomainError, match="changed meanwhile"):
        add_trust(cast.ci, APP, BY)
    assert said(cast.ci) == [APP]
