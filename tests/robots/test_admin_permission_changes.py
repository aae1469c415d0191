"""Changes of many permissions on the admin site: found from each repository."""

from typing import Any

import pytest
from django.test import Client

from robots.lifecycle.permission_sets import permission_set
from robots.lifecycle.wanted import Wanted
from robots.models import AuditEvent, PermissionChange
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import delete, page, post
from tests.robots.admin_people import signed_in

LIST = page(PermissionChange, "changelist")


@pytest.fixture
def event(cast: Cast) -> AuditEvent:
    """It changed web, and added api and public."""
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci], None, Wanted(Role.READ))
        wanted.save(factories.BY)
    return AuditEvent.objects.get(kind="change_repo_permissions")


def shown(answer: Any) -> list[str]:
    return [str(row) for row in answer.context["cl"].result_list]


@pytest.mark.parametrize("name", ["web", "acme/web"])
def test_the_audit_log_of_a_repository_has_it(
    name: str, event: AuditEvent, admin_client: Client
) -> None:
    log = page(AuditEvent, "changelist")
    found = admin_client.get(log, {"repository": name}).context["cl"].result_list
    assert event in found
    found = admin_client.get(log, {"repository": "other/web"}).context["cl"]
    assert event not in found.result_list


def test_its_page_leads_to_what_it_changed(
    event: AuditEvent, cast: Cast, admin_client: Client
) -> None:
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.reader], None, Wanted(None))
        wanted.save(factories.BY)
    text = admin_client.get(page(AuditEvent, "change", event.pk)).content.decode()
    assert f"{LIST}?event__id__exact={event.pk}" in text
    assert "3 changed permissions" in text
    of_event = {"event__id__exact": str(event.pk)}
    answer = admin_client.get(LIST, of_event)
    assert shown(answer) == ["added on api", "added on public", "changed on web"]
    assert b"write" in answer.content
    assert b"set the role of acme+ci to read on several repositories" in answer.content
    back = page(AuditEvent, "change", event.pk)
    assert f'href="{back}"' in answer.content.decode()
    assert shown(admin_client.get(LIST, {**of_event, "q": "ap"})) == ["added on api"]


def test_who_administers_the_namespace_sees_it_and_nobody_else(
    event: AuditEvent, cast: Cast
) -> None:
    cast.team.role = 3
    cast.team.save(update_fields=["role"])
    assert len(shown(signed_in(cast.bob).get(LIST))) == 3
    cast.team.role = 1
    cast.team.save(update_fields=["role"])
    for person in (cast.bob, cast.charlie):
        assert shown(signed_in(person).get(LIST)) == []
        hidden = signed_in(person).get(LIST, {"event__id__exact": str(event.pk)})
        assert shown(hidden) == []
        assert b"acme" not in hidden.content


def test_nobody_changes_it(event: AuditEvent, admin_client: Client) -> None:
    row = PermissionChange.objects.first()
    assert row is not None
    before = list(PermissionChange.objects.values())
    assert post(admin_client, page(PermissionChange, "add"), {}).status_code == 403
    changed = page(PermissionChange, "change", row.pk)
    assert post(admin_client, changed, {"change": "3"}).status_code == 403
    assert delete(admin_client, row).status_code == 403
    assert list(PermissionChange.objects.values()) == before
