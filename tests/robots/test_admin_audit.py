"""Audit events on the admin site: read, never written."""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from robots import audit
from robots.admin import audit_search
from robots.admin.audit_export import inert
from robots.admin.metadata import shown_json
from robots.api.logs import events_of_namespace
from robots.audit import Performer
from robots.audit_kinds import KINDS, Group
from robots.models import AuditEvent
from tests import factories
from tests.audit_triggers import backdate
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


def page_of(client: Client, **query: str) -> Any:
    return client.get(page(AuditEvent, "changelist"), query)


def test_events_are_told_in_sentences_in_the_list_and_on_their_page(
    admin_client: Client, cast: Cast
) -> None:
    shown = page_of(admin_client, namespace="acme").content.decode()
    assert "manage.py tests gave team developers write on acme/api" in shown
    event = AuditEvent.objects.get(kind="org_add_team_member", facts__member="bob")
    own = admin_client.get(page(AuditEvent, "change", event.pk)).content.decode()
    assert "manage.py tests added bob to the team developers" in own


def test_administrators_see_their_log_members_and_others_see_none(
    client: Client, cast: Cast
) -> None:
    factories.organization("other")
    client.force_login(cast.alice)
    seen = page_of(client).context["cl"].result_list
    assert {event.namespace_name for event in seen} == {"acme"}
    event = AuditEvent.objects.filter(namespace=cast.acme).first()
    assert event is not None
    for person in (cast.bob, cast.charlie):
        client.force_login(person)
        assert kinds(page_of(client, namespace="acme")) == []
        own = page(AuditEvent, "change", event.pk)
        assert client.get(own).status_code == 404


def test_an_organization_that_was_a_person_keeps_the_persons_events_to_itself(
    client: Client, cast: Cast
) -> None:
    audit.record("user_change_email", factories.BY, cast.acme, email="a@example.com")
    audit.record("create_app_specific_token", factories.BY, cast.acme, title="x")
    audit.record("authorize_application", factories.BY, cast.acme, scope="repo:read")
    audit.record("create_oauth_api_token", factories.BY, cast.acme, name="of acme")
    personal = {
        "user_change_email",
        "create_app_specific_token",
        "authorize_application",
    }
    client.force_login(cast.alice)
    shown = set(kinds(page_of(client, namespace="acme")))
    over_api = {event.kind for event in events_of_namespace(cast.acme)}
    for seen in (shown, over_api):
        assert not personal & seen
        assert "create_oauth_api_token" in seen


SEARCHES = {
    "performer": ({"performer": "bob"}, {"delete_robot"}),
    "repository": ({"repository": "web", "group": "repositories"}, {"create_repo"}),
    "full name": ({"repository": "acme/api", "group": "teams"}, set()),
    "group": ({"group": "robots"}, {"create_robot", "delete_robot"}),
    "from tomorrow": ({"since": "2100-01-01"}, set()),
    "until yesterday": ({"until": "2001-01-01"}, set()),
}


@pytest.mark.parametrize("query, expected", SEARCHES.values(), ids=SEARCHES)
def test_the_form_finds(
    admin_client: Client, cast: Cast, query: dict[str, str], expected: set[str]
) -> None:
    by = Performer("user", "bob", cast.bob.pk)
    audit.record("delete_robot", by, cast.acme, robot="gone")
    assert set(kinds(page_of(admin_client, **query))) == expected


def test_days_are_whole_ones_in_the_zone_of_who_looks(
    admin_client: Client, cast: Cast
) -> None:
    event = audit.record("delete_robot", factories.BY, cast.acme, robot="late")
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    backdate(AuditEvent.objects.filter(pk=event.pk), late)

    def found(day: str) -> list[str]:
        return kinds(page_of(admin_client, since=day, until=day))

    assert (found("2026-03-01"), found("2026-03-02")) == (["delete_robot"], [])
    admin_client.cookies["timezone"] = "Europe/Berlin"
    assert (found("2026-03-01"), found("2026-03-02")) == ([], ["delete_robot"])


BAD_SEARCHES = [
    {"since": "yesterday"},
    {"since": "2026-02-01", "until": "2026-01-01"},
    {"since": "0001-01-01"},
    {"until": "9999-12-31"},
    {"group": "DROP"},
    {"performer": "\x00"},
    {"namespace": "n" * 100_000},
    {"repository": "\x00/" + "r" * 10_000},
]


@pytest.mark.parametrize("query", BAD_SEARCHES, ids=lambda q: next(iter(q)))
def test_a_bad_search_finds_nothing_and_says_why(
    admin_client: Client, cast: Cast, query: dict[str, str]
) -> None:
    response = page_of(admin_client, **query)
    assert (response.status_code, kinds(response)) == (200, [])
    assert response.context["cl"].search_form.errors
    exported = admin_client.post(f"{EXPORT}?{urlencode(query)}")
    assert exported.status_code == 302
    assert not AuditEvent.objects.filter(kind="export_logs_csv").exists()


def test_counting_stops(
    admin_client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "MAX_COUNTED", 3)
    response = page_of(admin_client)
    assert response.context["cl"].result_count == 4
    assert "More than 10,000 events" in response.content.decode()


def test_a_page_of_events_costs_few_queries_and_no_distinct(
    admin_client: Client, cast: Cast
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert page_of(admin_client, namespace="acme").status_code == 200
    assert len(queries) <= 15
    assert not [q for q in queries if "robots_auditevent" in q["sql"]
                and "DISTINCT" in q["sql"]]  # fmt: skip


EXPORT = "/admin/robots/auditevent/export/"


def rows_of(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_the_export_has_what_the_list_shows_and_is_an_event(
    client: Client, cast: Cast
) -> None:
    factories.organization("other")
    client.force_login(cast.alice)
    rows = rows_of(client.post(f"{EXPORT}?namespace=acme&group=teams"))
    assert {row["organization"] for row in rows} == {"acme"}
    assert {row["kind"] for row in rows} <= KINDS[Group.TEAMS]
    assert "manage.py tests added bob to the team developers" in {
        row["what happened"] for row in rows
    }
    assert all(datetime.fromisoformat(r["time"]).tzinfo is not None for r in rows)
    event = AuditEvent.objects.get(kind="export_logs_csv")
    assert (event.namespace, event.performer_name) == (cast.acme, "alice")
    assert event.facts == {
        "asked": {"namespace": "acme", "group": "teams"},
        "rows": len(rows),
    }


def test_s01_the_export_of_another_namespace_is_empty_and_members_get_their_own(
    client: Client, cast: Cast
) -> None:
    factories.organization("other")
    client.force_login(cast.alice)
    assert rows_of(client.post(f"{EXPORT}?namespace=other")) == []
    everything = rows_of(client.post(EXPORT))
    assert "other" not in {row["organization"] for row in everything}
    client.force_login(cast.bob)
    own = rows_of(client.post(EXPORT))
    assert {row["organization"] for row in own} <= {"bob"}
    client.logout()
    assert client.post(EXPORT).status_code == 302


def test_reading_the_address_of_the_export_exports_nothing(
    admin_client: Client, cast: Cast
) -> None:
    assert admin_client.get(EXPORT).status_code == 405
    assert not AuditEvent.objects.filter(kind="export_logs_csv").exists()


def test_nothing_in_the_export_is_a_formula(admin_client: Client, cast: Cast) -> None:
    AuditEvent.objects.create(
        kind="login_success",
        performer_kind="user",
        performer_name="=HYPERLINK(1)",
        request_id="@x",
    )
    row = rows_of(admin_client.post(f"{EXPORT}?performer==HYPERLINK(1)"))[0]
    assert (row["performer"], row["request id"]) == ("'=HYPERLINK(1)", "'@x")
    assert row["what happened"].startswith("'=")
    for start in "=+-@\t\r\n":
        assert inert(f"{start}1") == f"'{start}1"
    assert inert("a=1") == "a=1"
    assert inert("\ud800") == "\\ud800"
