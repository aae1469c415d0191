"""The audit log by API: entries, pages, counts, and who may read which."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots import audit
from robots.audit import Performer
from robots.freshness import SIGNED_IN_AT
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.permissions import grant
from robots.origin import Origin
from robots.roles import Role
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.log_calls import ORG, WEB, kinds, moved
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
LONG_AGO = "?starttime=01/01/2001&endtime=12/31/2999"


def test_a_log_shows_who_did_what(cast: Cast, local_user: LocalUser) -> None:
    by = Performer.caller(
        factories.user_identity(cast.alice), Origin("192.0.2.1"), {"oauth_token_id": 7}
    )
    grant(cast.web, cast.ci, Role.ADMIN, by)
    robot = Performer.caller(factories.robot_identity(cast.ci), Origin())
    audit.record("push_repo", robot, cast.acme, cast.web, tag="v1")
    answer = local_user(cast.alice).get(ORG)
    assert list(answer.json) == ["start_time", "end_time", "logs"]
    pushed, granted, *before = answer.json["logs"]
    assert granted["kind"] == "change_repo_permission"
    assert granted["ip"] == "192.0.2.1"
    assert granted["datetime"].endswith(" -0000")
    assert granted["metadata"] | {"role": "admin"} == granted["metadata"]
    assert granted["metadata"]["repo"] == "web"
    assert granted["metadata"]["namespace"] == "acme"
    assert granted["metadata"]["oauth_token_id"] == 7
    assert granted["performer"]["name"] == "alice"
    assert granted["performer"]["is_robot"] is False
    assert granted["performer"]["avatar"]["kind"] == "user"
    assert pushed["performer"]["name"] == "acme+ci"
    assert (
        pushed["performer"] | {"kind": "user", "is_robot": True}
        == (pushed["performer"])
    )
    assert pushed["ip"] is None
    assert {entry["performer"] for entry in before} == {None}
    created = before[-1]
    assert (created["kind"], created["metadata"]["namespace"]) == ("org_create", "acme")


def test_twenty_a_page_and_as_many_queries_for_each(
    cast: Cast,
    local_user: LocalUser,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    by = Performer.caller(factories.user_identity(cast.alice), Origin())
    for number in range(45):
        audit.record("test", by, cast.acme, number=number)
    alice = local_user(cast.alice)
    alice.get(ORG)  # Notes when the token was used, which later requests need not.
    seen, path = [], f"{ORG}?kind=test"
    # One more looks for events of the same moment as the last one of the page before.
    for size, queries in ((20, 3), (20, 4), (5, 4)):
        with django_assert_num_queries(queries):
            page = alice.get(path).json
        assert len(page["logs"]) == size
        seen += [entry["metadata"]["number"] for entry in page["logs"]]
        path = f"{ORG}?kind=test&next_page={page.get('next_page')}"
    assert seen == list(reversed(range(45)))
    assert "next_page" not in page
    wrong = alice.get(f"{ORG}?next_page=none")
    assert wrong.status == 400
    assert list(wrong.json["message"]) == ["next_page"]


def test_days_performers_kinds_and_words_select(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    by = Performer.caller(factories.robot_identity(cast.ci), Origin())
    old = audit.record("old", by, cast.acme, robot="Mirror")
    moved(old, datetime(2020, 2, 29, 23, 59, tzinfo=UTC))
    assert "old" not in kinds(alice, ORG)
    assert kinds(alice, f"{ORG}?starttime=02/29/2020&endtime=02/29/2020") == ["old"]
    assert kinds(alice, f"{ORG}?starttime=03/01/2020&endtime=03/02/2020") == []
    far = f"{ORG}{LONG_AGO}"
    assert kinds(alice, f"{far}&performer=acme%2Bci") == ["old"]
    assert kinds(alice, f"{far}&performer=nobody") == []
    assert kinds(alice, f"{far}&performer=manage.py%20tests") == []
    assert kinds(alice, f"{far}&kind=old,org_create") == ["org_create", "old"]
    assert kinds(alice, f"{far}&q=mirro") == ["old"]
    assert kinds(alice, f"{far}&q=100%25") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("starttime=never&endtime=31/12/2020", 200),
        ("starttime=02/30/2020&endtime=%00", 200),
        ("starttime=01/01/0001&endtime=12/31/9999", 200),
        ("starttime=02/02/2020&endtime=01/01/2020", 400),
        ("performer=%00", 400),
        ("kind=%ED%A0%80", 200),
        ("q=%00", 400),
        (f"q={'x' * 256}", 400),
    ],
)
def test_odd_questions(
    cast: Cast, local_user: LocalUser, query: str, status: int
) -> None:
    for path in (ORG, ORG.replace("logs", "aggregatelogs")):
        answer = local_user(cast.alice).get(f"{path}?{query}")
        if path == ORG or not query.startswith(("q=", "kind")):
            assert answer.status == status
            assert ("message" in answer.json) == (status == 400)


def test_a_new_organization_of_the_same_name_shows_nothing_old(
    cast: Cast, local_user: LocalUser
) -> None:
    old = cast.acme.pk
    cast.acme.delete()
    again = create_organization("acme", factories.BY, cast.charlie)
    assert again.pk != old
    assert kinds(local_user(cast.charlie), f"{ORG}{LONG_AGO}") == ["org_create"]
    assert local_user(cast.alice).get(ORG).status == 403
    factories.repository(again, "web")
    assert kinds(local_user(cast.charlie), f"{WEB}{LONG_AGO}") == ["create_repo"]


def test_a_new_repository_of_the_same_name_shows_nothing_old(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    assert "change_repo_permission" in kinds(alice, WEB)
    assert len(kinds(alice, WEB.replace("web", "public"))) == 1
    cast.web.delete()
    factories.repository(cast.acme, "web")
    assert kinds(alice, WEB) == ["create_repo"]
    assert alice.get(WEB.replace("web", "none")).status == 404
    outsider = local_user(cast.charlie).get(WEB.replace("web", "none"))
    assert outsider.status == 403


def test_ones_own_log(cast: Cast, local_user: LocalUser) -> None:
    own = cast.bob.personal_namespace
    audit.record("create_robot", factories.BY, own, robot="one")
    assert kinds(local_user(cast.bob), "/api/v1/user/logs") == ["create_robot"]
    assert kinds(local_user(cast.alice), "/api/v1/user/logs") == []
    assert kinds(local_user(cast.bob), "/api/v1/organization/bob/logs") == (
        ["create_robot"]
    )


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/api/v1/user/{}", "user:admin"),
        ("/api/v1/organization/acme/{}", "org:admin"),
        ("/api/v1/repository/acme/web/{}", "repo:admin"),
        ("/api/v1/superuser/{}", "super:user"),
    ],
)
def test_who_may(
    cast: Cast, local: LocalClient, local_user: LocalUser, path: str, least: str
) -> None:
    boss = User.objects.create_superuser("boss", password=factories.PASSWORD)
    allowed = boss if least == "super:user" else cast.alice
    for what in ("logs", "aggregatelogs", "logs/"):
        target = path.format(what)
        assert local.get(target).status == 401
        assert local_user(allowed, scope=least).get(target).status == 200
        scopes = {"user:admin", "org:admin", "repo:admin", "super:user"} - {least}
        few = local_user(allowed, scope=" ".join(scopes)).get(target)
        assert few.status == 403
        assert few.json["error_type"] == "insufficient_scope"
        if least != "user:admin":
            assert local_user(cast.bob).get(target).status == 403
            assert local_user(cast.charlie).get(target).status == 403
        assert local_user(allowed).put(target, {}).status == 405


def test_an_auditor_of_the_site_reads_every_log(
    cast: Cast, local_user: LocalUser, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    settings.FEATURE_LOG_EXPORT = True
    auditor = local_user(cast.charlie)
    for path in (ORG, WEB, "/api/v1/superuser/logs", "/api/v1/superuser/aggregatelogs"):
        assert auditor.get(path).status == 200
    assert auditor.post(ORG.replace("logs", "exportlogs"), {}).status == 403
    assert auditor.get("/api/v1/organization/nowhere/logs").status == 400


def test_the_log_of_the_site_tells_the_namespace(
    cast: Cast, local_user: LocalUser
) -> None:
    boss = User.objects.create_superuser("boss", password=factories.PASSWORD)
    by = Performer.caller(factories.user_identity(cast.bob), Origin())
    audit.record("here", by, cast.bob.personal_namespace)
    audit.record("nowhere", by, None)
    gone = factories.organization("gone")
    cast.bob.delete()
    gone.delete()
    logs = local_user(boss).get("/api/v1/superuser/logs").json["logs"]
    shown = {entry["kind"]: entry for entry in logs}
    assert shown["nowhere"]["namespace"] is None
    assert shown["nowhere"]["performer"]["name"] == "bob"
    assert shown["here"]["namespace"]["name"] == "bob"
    created = [entry["namespace"]["name"] for entry in logs[::-1] if entry["namespace"]]
    assert {"acme", "gone"} <= set(created)
    acme = next(entry for entry in logs if entry["kind"] == "create_repo")
    assert acme["namespace"]["kind"] == "org"
    assert acme["namespace"]["avatar"]["kind"] == "org"


def test_counts_are_of_a_kind_and_a_day(
    cast: Cast, local_user: LocalUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    by = Performer.caller(factories.user_identity(cast.alice), Origin())
    for hour in (0, 12, 23):
        event = audit.record("test", by, cast.acme, cast.web)
        moved(event, datetime(2020, 5, 17, hour, 30, tzinfo=UTC))
    moved(
        audit.record("test", factories.BY, cast.acme),
        datetime(2020, 5, 18, tzinfo=UTC),
    )
    path = ORG.replace("logs", "aggregatelogs")
    span = "?starttime=05/17/2020&endtime=05/18/2020"
    alice = local_user(cast.alice)
    alice.get(path)
    with django_assert_num_queries(3):
        answer = alice.get(path + span)
    first = {"kind": "test", "count": 3, "datetime": "Sun, 17 May 2020 00:00:00 -0000"}
    second = {"kind": "test", "count": 1, "datetime": "Mon, 18 May 2020 00:00:00 -0000"}
    assert answer.json == {"aggregated": [first, second]}
    assert alice.get(f"{path}{span}&performer=alice").json["aggregated"] == [first]
    assert alice.get(f"{path}{span}&performer=x").json == {"aggregated": []}
    backwards = alice.get(f"{path}?starttime=05/18/2020&endtime=05/01/2020")
    assert backwards.status == 400
    assert list(backwards.json) == ["message"]


def test_counting_the_whole_site_needs_a_fresh_session(cast: Cast) -> None:
    boss = User.objects.create_superuser("boss", password=factories.PASSWORD)
    client = LocalClient()
    client.django.force_login(boss)
    path = "/api/v1/superuser/aggregatelogs"
    for age, status in ((3600, 401), (1, 200)):
        session = client.django.session
        session[SIGNED_IN_AT] = timezone.now().timestamp() - age
        session.save()
        answer = client.get(path)
        assert answer.status == status
        stale = answer.json.get("error_type") == "fresh_login_required"
        assert stale == (status == 401)
        assert client.get("/api/v1/superuser/logs").status == 200


def test_the_span_without_dates_is_a_day_each_way(
    cast: Cast, local_user: LocalUser
) -> None:
    events = [audit.record("test", factories.BY, cast.acme, n=n) for n in range(3)]
    now = timezone.now()
    for event, hours in zip(events, (-25, -23, 23), strict=True):
        moved(event, now + timedelta(hours=hours))
    shown = local_user(cast.alice).get(f"{ORG}?kind=test").json["logs"]
    assert [entry["metadata"]["n"] for entry in shown] == [2, 1]
