"""What is kept of a trust that let somebody in is what its models would store."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from federation import replay, writes
from federation.admission import Admission
from federation.conditions import Condition, Operator
from federation.entries import SubjectMatch
from federation.errors import Refused
from federation.exchange import exchange
from federation.live_trusts import LiveTrust, live, live_trusts
from federation.login import log_in
from federation.models import FederatedToken, Trust, UsedAssertion
from robots.models import AuditEvent, RobotToken, TokenOrigin
from robots.names import RobotName
from robots.origin import Origin
from robots.prepared_writes import Values
from tests.audit_triggers import lifted
from tests.conftest import Cast
from tests.federation.exchanges import ROBOT
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import Signer

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 6, 1, 12, 30, 15, 999, tzinfo=UTC)
KEYS = ("id", "token_id")
"""What the database gives each row anew."""

UNIQUE = {"digest": ("a" * 64, "b" * 64)}
"""Of columns that no two rows may have in common, the values of either."""


def rows(cast: Cast, trust: Trust) -> dict[str, tuple[type[models.Model], Values]]:
    """A value for every column of every row, none of them the model's default."""
    shared: dict[str, Any] = {"created_at": MOMENT, "expires_at": MOMENT}
    return {
        "used": (
            UsedAssertion,
            {**shared, "robot_id": cast.ci.pk, "source": "192.0.2.1"},
        ),
        "token": (
            RobotToken,
            {
                **shared,
                "robot_id": cast.ci.pk,
                "origin": TokenOrigin.FEDERATED,
                "sealed": None,
                "is_replaced": True,
                "last_used_at": MOMENT,
                "key_id": "0a1b2c3d",
            },
        ),
        "federated": (
            FederatedToken,
            {"trust_id": trust.pk, "provenance": {"run": "1", "ref": 'a"\\ü%s'}},
        ),
        "event": (
            AuditEvent,
            {
                "kind": "x" * 64,
                "namespace_id": cast.acme.pk,
                "namespace_name": "acme",
                "repository_name": "web",
                "performer_kind": "anonymous",
                "performer_name": "(anonymous)",
                "performer_user_id": cast.alice.pk,
                "address": "2001:db8::1",
                "request_id": "request-7",
                "created_at": MOMENT,
                "facts": {"a": [1, None, True, "ü"], "b": {"c": 1.5}},
            },
        ),
    }


def columns(model: type[models.Model]) -> set[str]:
    return {field.attname for field in model._meta.concrete_fields} - set(KEYS)


def newest(model: type[models.Model]) -> dict[str, Any]:
    return dict(model._default_manager.order_by("-pk").values()[0])


def read(trust: Trust) -> LiveTrust:
    name = RobotName(trust.robot.namespace.name, trust.robot.name)
    return live_trusts(name, trust.issuer, timezone.now())[0]


def test_a_trust_is_read_as_it_is_stored(cast: Cast, trusting: TrustBuilder) -> None:
    """Each column is another field's value, were they read in another order."""
    later = timezone.now() + timedelta(days=1)
    trust = trusting(
        audiences=("a", "b"),
        name="the trust",
        subject="repo:acme/*",
        subject_match=SubjectMatch.GLOB,
        ignore_case=True,
        conditions=(Condition("ref", Operator.EQUALS, ("main",)),),
        max_age=300,
        single_use=False,
        expires_at=later,
    )
    last = {"revision": 7, "last_refused_at": MOMENT}
    type(trust).objects.filter(pk=trust.pk).update(**last)
    type(cast.ci).objects.filter(pk=cast.ci.pk).update(expires_at=later)
    stored = type(trust).objects.get(pk=trust.pk)
    assert read(stored) == live(stored)


def test_each_row_is_what_its_model_stores(cast: Cast, trust: Trust) -> None:
    """A column that is added to one of the models has to be thought of here."""
    meant = rows(cast, trust)
    given: dict[str, Any] = {}
    for name, (model, values) in meant.items():
        own = {key: pair[0] for key, pair in UNIQUE.items() if key in columns(model)}
        given[name] = {**values, **own}
        assert given[name].keys() == columns(model), model.__name__
    writes.write(read(trust), MOMENT, **given)
    written = {name: newest(model) for name, (model, _) in meant.items()}
    token = None
    for name, (model, values) in meant.items():
        own = {key: pair[1] for key, pair in UNIQUE.items() if key in columns(model)}
        link = {"token": token} if model is FederatedToken else {}
        made = model._default_manager.create(**values, **own, **link)
        if isinstance(made, RobotToken):
            token = made
        # `auto_now_add` takes no value from whoever creates a row.
        if "created_at" in values:
            with lifted():
                model._default_manager.filter(pk=made.pk).update(created_at=MOMENT)
        stored = newest(model)
        assert stored.keys() == written[name].keys()
        for column in stored.keys() - {*KEYS, *UNIQUE}:
            assert written[name][column] == stored[column], f"{name}: {column}"
            assert type(written[name][column]) is type(stored[column])


def test_what_is_kept_of_a_token_belongs_to_it(cast: Cast, trust: Trust) -> None:
    meant = {name: dict(values) for name, (_, values) in rows(cast, trust).items()}
    meant["token"]["digest"] = "a" * 64
    writes.write(
        read(trust), MOMENT, token=meant["token"], federated=meant["federated"]
    )
    earned = FederatedToken.objects.get(token__digest="a" * 64)
    assert (earned.trust, earned.token.robot) == (trust, cast.ci)
    trust.refresh_from_db()
    assert trust.last_used_at == MOMENT


def test_a_trust_of_another_revision_writes_nothing(cast: Cast, trust: Trust) -> None:
    seen = read(trust)
    Trust.objects.update(revision=trust.revision + 1)
    with pytest.raises(Refused, match="changed meanwhile"):
        writes.write(seen, MOMENT, event=rows(cast, trust)["event"][1])
    trust.refresh_from_db()
    assert trust.last_used_at is None
    assert not AuditEvent.objects.filter(kind="x" * 64).exists()


def test_a_robot_that_ended_meanwhile_gets_nothing(cast: Cast, trust: Trust) -> None:
    seen = read(trust)
    cast.ci.expires_at = MOMENT
    cast.ci.save()
    with pytest.raises(Refused, match="changed meanwhile"):
        writes.write(seen, MOMENT, event=rows(cast, trust)["event"][1])
    assert not AuditEvent.objects.filter(kind="x" * 64).exists()
    writes.write(seen, MOMENT - timedelta(seconds=1))


def test_a_token_that_cannot_be_kept_is_not_told_to_be_used(
    cast: Cast, trusting: TrustBuilder, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One secret twice never happens; what the database refuses must be told apart."""
    trusting(single_use=False)
    monkeypatch.setattr("federation.tokens.secrets.token_bytes", bytes)
    exchange(ROBOT, signer.token(), Origin(), timezone.now())
    with pytest.raises(Refused) as refused:
        exchange(ROBOT, signer.token(), Origin(), timezone.now())
    assert refused.value.reason == "the token could not be kept"
    assert RobotToken.objects.filter(origin=TokenOrigin.FEDERATED).count() == 1


@pytest.mark.parametrize("behind", [True, False], ids=["behind", "lost"])
def test_a_bound_token_stays_bound_where_a_replica_is_behind(
    behind: bool, trusting: TrustBuilder, signer: Signer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    trusting(single_use=True)
    token, real = signer.token(), replay.used

    def used(admission: Admission, using: str | None = None) -> replay.Used | None:
        return real(admission, using) if using and behind else None

    log_in(ROBOT, token, Origin("192.0.2.1"), timezone.now())
    monkeypatch.setattr(replay, "used", used)
    with pytest.raises(Refused) as caught:
        log_in(ROBOT, token, Origin("192.0.2.2"), timezone.now())
    assert caught.value.check == "replay"
    assert UsedAssertion.objects.get().source == "192.0.2.1"
    if behind:
        log_in(ROBOT, token, Origin("192.0.2.1"), timezone.now())


# How trusts are read


def test_a_live_trust_says_what_its_row_says(
    trusting: TrustBuilder, signer: Signer
) -> None:
    trust = trusting(
        audiences=("one", "two"), max_age=60, single_use=True, ignore_case=True
    )
    found = read(trust)
    assert found == live(trust)
    assert found.entry == trust.entry
    assert (found.expires_at, found.robot.full_name) == (None, "acme+ci")


def test_what_a_trust_says_is_never_remembered_past_a_change(trust: Trust) -> None:
    """Not even one that is made past every deed of ours, and past its revision."""
    assert read(trust).entry.audiences == ()
    Trust.objects.update(audiences=["other"], max_age=7)
    entry = read(trust).entry
    assert (entry.audiences, entry.max_age) == (("other",), 7)


def test_a_trust_that_says_very_much_is_read_each_time(trusting: TrustBuilder) -> None:
    trust = trusting(audiences=tuple(f"{number:0100}" for number in range(60)))
    one, other = read(trust).entry, read(trust).entry
    assert one == other == trust.entry
    assert one is not other


def test_a_trust_that_says_little_is_read_once(trust: Trust) -> None:
    assert read(trust).entry is read(trust).entry


def test_the_owner_of_a_personal_namespace_counts(cast: Cast, trust: Trust) -> None:
    home = cast.alice.personal_namespace
    robot = home.robots.create(name="own")
    Trust.objects.update(robot=robot)
    assert read(Trust.objects.get()).robot.owner_is_active
    cast.alice.is_active = False
    cast.alice.save()
    found = read(Trust.objects.get())
    assert not found.robot.owner_is_active
    assert found == live(Trust.objects.get())
