"""Audit events on the admin site: read, never written."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from robots import audit
from robots.admin.metadata import shown_json
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import act, delete, page, post


def kinds(response: Any) -> list[str]:
    return [event.kind for event in response.context["cl"].result_list]


def test_events_can_be_neither_added_changed_nor_deleted(
    admin_client: Client, cast: Cast
) -> None:
    event = AuditEvent.objects.first()
    assert event is not None
    before = list(AuditEvent.objects.values())

    assert post(admin_client, page(AuditEvent, "add"), {"kind": "x"}).status_code == 403
    changed = post(admin_client, page(AuditEvent, "change", event.pk), {"kind": "x"})
    assert changed.status_code == 403
    assert delete(admin_client, event).status_code == 403
    act(admin_client, AuditEvent, "delete_selected", event, post="yes")

    assert list(AuditEvent.objects.values()) == before


FILTERS = {
    "kind": ({"kind": "delete_robot"}, ["delete_robot"]),
    "namespace": ({"namespace": "other"}, ["org_create"]),
    "search: performer": ({"q": "bob"}, ["login"]),
    "search: namespace": ({"q": "other"}, ["org_create"]),
    "search: repository": (
        {"q": "acme/api"},
        ["change_repo_permission", "create_repo"],
    ),
    "search: request id": ({"q": "request-0815"}, ["login"]),
    "a year without events": ({"created_at__year": "2001"}, []),
    "before any event": ({"created_at__lt": "2001-01-01 00:00:00+00:00"}, []),
}


@pytest.mark.parametrize("query, expected", FILTERS.values(), ids=FILTERS)
def test_events_are_found_by(
    admin_client: Client, cast: Cast, query: dict[str, str], expected: list[str]
) -> None:
    factories.organization("other")
    audit.record("delete_robot", factories.BY, cast.acme, robot="gone")
    AuditEvent.objects.create(
        kind="login",
        performer_kind="user",
        performer_name="bob",
        request_id="request-0815",
    )

    response = admin_client.get(page(AuditEvent, "changelist"), query)

    assert response.status_code == 200
    assert kinds(response) == expected


def test_facts_are_shown_as_text_and_never_as_markup(
    admin_client: Client, cast: Cast
) -> None:
    event = audit.record(
        "test", factories.BY, cast.acme, description="<script>", name="ä"
    )

    body = admin_client.get(page(AuditEvent, "change", event.pk)).content.decode()

    assert "&quot;description&quot;: &quot;&lt;script&gt;&quot;" in body
    assert "&quot;name&quot;: &quot;ä&quot;" in body
    assert "&quot;<script>" not in body


def test_a_lone_surrogate_among_facts_stays_an_escape() -> None:
    """SQLite keeps one, and a page with one could not be sent."""
    assert shown_json({"a": "\ud800ä"}) == '{\n  "a": "\\ud800ä"\n}'


def test_staff_with_the_view_permission_read_events(client: Client, cast: Cast) -> None:
    cast.bob.is_staff = True
    cast.bob.save()
    cast.bob.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    client.force_login(cast.bob)
    event = AuditEvent.objects.first()
    assert event is not None

    assert client.get(page(AuditEvent, "changelist")).status_code == 200
    assert client.get(page(AuditEvent, "change", event.pk)).status_code == 200
    assert "/admin/robots/robot/" not in client.get("/admin/").content.decode()
