"""Repositories that a registry tells of and that are missing here."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from registryauth import notified
from registryauth.arrivals import create_arrivals
from robots.departures import departures
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.repository_changes import delete_repository
from robots.models import AuditEvent, DefaultPermission, Repository
from robots.roles import Role, Visibility
from tests import factories
from tests.audit_triggers import backdate
from tests.conftest import Cast
from tests.registryauth.envelopes import envelope
from tests.registryauth.notifications.sending import event, post, stored, tell, uses


def test_a_missing_repository_comes_to_exist_private(cast: Cast) -> None:
    tell(event("acme/a/b/c", "push"))
    made = Repository.objects.get(namespace=cast.acme, name="a/b/c")
    assert made.visibility == Visibility.PRIVATE
    assert uses() == [("acme+ci", "push", "acme/a/b/c")]
    audit = AuditEvent.objects.latest("id")
    assert (audit.kind, audit.performer_kind, audit.performer_name) == (
        "create_repo", "system", "registry notification",
    )  # fmt: skip
    assert (audit.namespace_name, audit.repository_name) == ("acme", "a/b/c")
    assert audit.address == "127.0.0.1"
    assert audit.request_id


def test_nothing_is_granted_to_who_pushed_it(cast: Cast, settings: Settings) -> None:
    settings.CREATE_PRIVATE_REPO_ON_PUSH = False
    DefaultPermission.objects.create(
        namespace=cast.acme, team=cast.team, role=Role.READ
    )
    DefaultPermission.objects.create(
        namespace=cast.acme, robot=cast.ci, creator_robot=cast.ci, role=Role.ADMIN
    )
    tell(event("acme/new", "push"))
    made = Repository.objects.get(namespace=cast.acme, name="new")
    assert made.visibility == Visibility.PRIVATE
    assert [(p.team, p.role) for p in made.permissions.all()] == [
        (cast.team, Role.READ)
    ]


@pytest.mark.parametrize("actor", ["", "(anonymous)", "acme+nobody"])
def test_it_comes_to_exist_whoever_pushed_it(actor: str, cast: Cast) -> None:
    tell(event("acme/new", "push", actor=actor))
    assert Repository.objects.filter(namespace=cast.acme, name="new").exists()
    assert uses() == []


def test_what_is_deleted_there_does_not_come_to_exist_here(cast: Cast) -> None:
    before = stored()
    tell(event("acme/new", "delete"))
    assert stored() == before


def test_no_namespace_comes_to_exist(cast: Cast) -> None:
    before = stored()
    tell(event("none/new", "push"), event("alpine", "push"))
    assert stored() == before


def test_a_person_may_have_it(cast: Cast) -> None:
    tell(event("bob/tools", "push", actor="bob"))
    made = Repository.objects.get(name="tools")
    assert (made.namespace.name, made.permissions.count()) == ("bob", 0)


def test_creating_can_be_turned_off(cast: Cast, settings: Settings) -> None:
    settings.REGISTRY_NOTIFICATIONS_CREATE_REPOSITORIES = False
    tell(event("acme/new", "push"), event())
    assert not Repository.objects.filter(name="new").exists()
    assert uses() == [("acme+ci", "pull", "acme/web")]


def test_one_envelope_makes_only_so_many(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notified, "MAX_CREATED", 3)
    tell(*(event(f"acme/n{number}", "push") for number in range(5)),
         event("bob/n9", "push"))  # fmt: skip
    made = Repository.objects.filter(name__startswith="n").values_list(
        "name", flat=True
    )
    assert sorted(made) == ["n0", "n1", "n2"]


@pytest.mark.parametrize("action", ["pull", "push", "mount"])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=64)])
def test_what_was_deleted_here_stays_deleted(
    late: timedelta, action: str, cast: Cast
) -> None:
    delete_repository(cast.web, factories.BY)
    before = stored()
    when = AuditEvent.objects.latest("id").created_at + late
    notices = [event(action=action, when=when)]
    assert post(envelope(*notices)).status_code == 204
    assert stored() == before


def test_an_event_of_the_future_brings_nothing_back(cast: Cast) -> None:
    delete_repository(cast.web, factories.BY)
    before = stored()
    tell(event(action="push", when=timezone.now() + timedelta(days=5)))
    assert stored() == before


def test_a_deleted_organization_made_anew_does_not_inherit(cast: Cast) -> None:
    delete_organization(cast.acme, factories.BY)
    factories.organization("acme", owner=cast.charlie)
    before = stored()
    tell(event(action="push"), event("acme/other", "push"))
    assert stored() == before


def test_a_push_long_after_the_deletion_counts(cast: Cast) -> None:
    delete_repository(cast.web, factories.BY)
    past = timezone.now() - timedelta(hours=2)
    backdate(AuditEvent.objects.filter(kind="delete_repo"), past)
    tell(event(action="push"))
    assert Repository.objects.filter(namespace=cast.acme, name="web").exists()


def test_one_that_comes_to_exist_meanwhile_is_used(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(names: Any) -> Any:
        factories.repository(cast.acme, "new")
        return departures(names)

    monkeypatch.setattr(notified, "departures", slowly)
    tell(event("acme/new", "push"), event("acme/more", "push"))
    assert Repository.objects.filter(name="new").count() == 1
    assert uses() == [
        ("acme+ci", "push", "acme/more"),
        ("acme+ci", "push", "acme/new"),
    ]


def test_a_namespace_that_goes_meanwhile_is_no_failure(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*arguments: Any) -> Any:
        delete_organization(cast.acme, factories.BY)
        return create_arrivals(*arguments)

    monkeypatch.setattr(notified, "create_arrivals", slowly)
    assert post(envelope(event("acme/new", "push"))).status_code == 204
    assert not Repository.objects.filter(name="new").exists()
