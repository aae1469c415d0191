"""Audit events: what they keep, what they never keep, and that they stay."""

from typing import Any

import pytest
from django.db import transaction

from robots import audit
from robots.audit import Performer
from robots.models import AuditEvent
from robots.origin import Origin
from tests import factories
from tests.conftest import Cast

CANARY = "CANARY-SECRET"

pytestmark = pytest.mark.django_db


def test_a_caller_is_recorded_with_address_and_request(cast: Cast) -> None:
    by = Performer.caller(
        factories.user_identity(cast.alice), Origin("192.0.2.1", "request-7")
    )
    made = audit.record("create_robot", by, cast.acme, cast.web, robot="ci")
    event = AuditEvent.objects.get(pk=made.pk)
    assert (event.kind, event.facts) == ("create_robot", {"robot": "ci"})
    assert (event.namespace, event.namespace_name) == (cast.acme, "acme")
    assert event.repository_name == "web"
    assert (event.performer_kind, event.performer_name) == ("user", "alice")
    assert event.performer_user == cast.alice
    assert (event.address, event.request_id) == ("192.0.2.1", "request-7")
    assert event.created_at is not None


def test_a_robot_performs_under_its_name_without_being_a_user(cast: Cast) -> None:
    by = Performer.caller(factories.robot_identity(cast.ci), Origin())
    event = audit.record("create_repo", by, cast.acme)
    assert (event.performer_kind, event.performer_name) == ("robot", "acme+ci")
    assert event.performer_user_id is None
    assert event.address is None


def test_a_command_performs_as_the_system() -> None:
    event = audit.record("create_robot", Performer.command("create_robot"), None)
    assert event.performer_kind == "system"
    assert event.performer_name == "manage.py create_robot"
    assert (event.namespace_id, event.namespace_name) == (None, "")


@pytest.mark.parametrize(
    "facts",
    [
        {"secret": CANARY},
        {"robot_token": CANARY},
        {"Password": CANARY},
        {"authorization_header": CANARY},
        {"credentials": [CANARY]},
        {"metadata": {"api_token": CANARY}},
        {"metadata": {"deep": {"client_secret": {"value": CANARY}}}},
        {"metadata": {"list": [{"password": CANARY}]}},
    ],
    ids=str,
)
def test_a_secret_is_never_kept(facts: dict[str, Any]) -> None:
    audit.record("create_robot", factories.BY, None, **facts)
    stored = AuditEvent.objects.get()
    assert CANARY not in str(stored.facts)
    assert "***" in str(stored.facts)


def test_harmless_facts_are_kept_as_they_are() -> None:
    facts: dict[str, Any] = {
        "robot": "ci",
        "role": None,
        "list": [1, {"a": "b"}],
        "deep": {"x": 1.5},
    }
    audit.record("create_robot", factories.BY, None, **facts)
    assert AuditEvent.objects.get().facts == facts


def test_an_event_is_never_changed_or_deleted() -> None:
    event = audit.record("create_robot", factories.BY, None)
    event.kind = "nothing"
    for change in (event.save, event.delete):
        with pytest.raises(TypeError, match="only ever added"):
            change()
    assert AuditEvent.objects.get().kind == "create_robot"


def test_an_event_outlives_whom_it_speaks_of(cast: Cast) -> None:
    by = Performer.caller(factories.user_identity(cast.alice), Origin())
    event = audit.record("create_robot", by, cast.acme)
    namespace_id, user_id = cast.acme.pk, cast.alice.pk
    cast.acme.delete()
    cast.alice.delete()
    kept = AuditEvent.objects.get(pk=event.pk)
    assert (kept.namespace_name, kept.performer_name) == ("acme", "alice")
    assert (kept.namespace_id, kept.performer_user_id) == (namespace_id, user_id)


def test_an_event_goes_with_the_change_that_failed(cast: Cast) -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record("create_robot", factories.BY, cast.acme)
        raise RuntimeError
    assert AuditEvent.objects.count() == before


def test_the_newest_event_comes_first() -> None:
    for kind in ("first", "second", "third"):
        audit.record(kind, factories.BY, None)
    assert [event.kind for event in AuditEvent.objects.all()] == [
        "third",
        "second",
        "first",
    ]
