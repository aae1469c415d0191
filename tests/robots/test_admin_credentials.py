"""Who sees a robot's token, and that no page has it before it is asked for (S-05)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots import credentials
from robots.models import AuditEvent, Robot, RobotToken
from robots.roles import TeamRole
from tests import factories
from tests.conftest import Cast
from tests.robots.credentials_page import SHOW, forms_of, page, readings, signed_in
from tests.robots.test_admin_secrets import pages


def staff(*permissions: str, **fields: Any) -> User:
    user = factories.user("worker", is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


# --- Who ------------------------------------------------------------------------------


def team_admin(cast: Cast) -> User:
    dana = factories.user("dana")
    factories.team(cast.acme, "chiefs", TeamRole.ADMIN, (dana,))
    return dana


def admin_elsewhere(cast: Cast) -> User:
    erin = factories.user("erin")
    factories.organization("other", owner=erin)
    return erin


def creator(cast: Cast) -> User:
    dana = factories.user("dana")
    factories.team(cast.acme, "creators", TeamRole.CREATOR, (dana,))
    return dana


PEOPLE: dict[str, tuple[Callable[[Cast], User], int]] = {
    "the owner": (lambda cast: cast.alice, 200),
    "a team's administrator": (team_admin, 200),
    "a creator": (creator, 403),
    "a member": (lambda cast: cast.bob, 403),
    "a stranger": (lambda cast: cast.charlie, 404),
    "another organization's owner": (admin_elsewhere, 404),
    "staff that may change": (lambda cast: staff("change_robot", "view_robot"), 403),
    "staff that may look": (lambda cast: staff("view_robot"), 403),
    "staff with other rights": (
        lambda cast: staff("change_robottoken", "add_robot", "delete_robot"),
        403,
    ),
    "an auditor": (lambda cast: factories.user("auditor"), 403),
    "an auditor of the staff": (lambda cast: factories.user("auditor2"), 403),
    "an auditor of the staff that may change": (
        lambda cast: staff("change_robot"),
        403,
    ),
    "a superuser": (lambda cast: factories.user("root", is_staff=True), 200),
    "a site administrator": (lambda cast: factories.user("chief"), 200),
}


@pytest.mark.parametrize(("who", "status"), PEOPLE.values(), ids=PEOPLE)
def test_s05_only_who_administers_the_robot_sees_its_token(
    who: Callable[[Cast], User],
    status: int,
    cast: Cast,
    settings: Settings,
    request: pytest.FixtureRequest,
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["auditor", "auditor2"]
    if "auditor" in request.node.callspec.id:
        settings.GLOBAL_READONLY_SUPER_USERS.append("worker")
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    settings.SUPER_USERS = ["chief"]
    user = who(cast)
    user.is_superuser = user.username == "root"
    user.is_staff |= user.username == "auditor2"
    user.save()
    client = signed_in(user)
    before = factories.stored_secret(cast.ci)
    sent = [
        {},
        SHOW,
        {"do": "download", "file": "docker"},
        {"do": "regenerate", "grace": "3600"},
    ]
    answers = [
        client.get(page(cast.ci)),
        *[client.post(page(cast.ci), body) for body in sent],
    ]
    assert {answer.status_code for answer in answers} == {status}
    bodies = [answer.content.decode() for answer in answers]
    shown = [before in body for body in bodies]
    assert shown == [False, False, status == 200, False, False]
    assert len(readings()) == (2 if status == 200 else 0)
    tokens = RobotToken.objects.filter(robot=cast.ci).count()
    assert tokens == (2 if status == 200 else 1)


def test_s05_nobody_who_is_not_signed_in_is_answered(cast: Cast) -> None:
    for answer in (Client().get(page(cast.ci)), Client().post(page(cast.ci), SHOW)):
        assert answer.status_code == 302
        assert "/credentials/" in answer["Location"]


def test_s05_a_right_that_is_taken_away_is_gone_at_once(cast: Cast) -> None:
    dana = team_admin(cast)
    client = signed_in(dana)
    assert client.post(page(cast.ci), SHOW).status_code == 200
    cast.acme.teams.get(name="chiefs").delete()
    assert client.post(page(cast.ci), SHOW).status_code == 404


def test_a_foreign_page_cannot_post_here(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    assert client.post(page(cast.ci), SHOW).status_code == 403
    assert readings() == []


# --- What no page has -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fresh"),
    [
        ("alice", False),
        ("alice", True),
        ("bob", False),
        ("worker", False),
        ("auditor", False),
        ("root", True),
    ],
)
def test_s05_no_get_of_the_admin_has_a_token(
    name: str, fresh: bool, cast: Cast, settings: Settings
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["auditor"]
    staff("view_robot", "change_robot", "view_robottoken", "view_auditevent")
    factories.user("auditor")
    factories.user("root", is_staff=True, is_superuser=True)
    client = signed_in(User.objects.get(username=name), fresh=fresh)
    canaries = forms_of(cast.ci_secret, cast.ci)
    queries = ("", "?tab=podman", "?do=show", "?do=download&file=docker")
    own = [page(cast.ci) + query for query in queries]
    seen = 0
    for url in [*pages(), *own]:
        answer = client.get(url)
        seen += answer.status_code == 200
        body = answer.content.decode(errors="replace")
        assert not [form for form in canaries if form in body], url
    assert seen > 5
    assert readings() == []


def test_a_head_tells_nothing(cast: Cast) -> None:
    answer = signed_in(cast.alice).head(page(cast.ci))
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "body",
    [
        {"do": "show", "tab": "podman"},
        {"do": "download", "file": "kubernetes", "tab": "podman"},
        {"do": "regenerate", "grace": "0", "tab": "podman"},
        {"tab": "podman"},
    ],
    ids=["show", "download", "regenerate", "nothing"],
)
def test_s05_a_stale_session_is_asked_for_a_fresh_sign_in(
    body: dict[str, str], cast: Cast
) -> None:
    client = signed_in(cast.alice, fresh=False)
    answer = client.post(page(cast.ci), body)
    back = f"{page(cast.ci)}?tab=podman"
    assert answer.status_code == 302
    again = client.get(answer["Location"])
    assert (again.status_code, again.context["next"]) == (200, back)
    assert factories.stored_secret(cast.ci) == cast.ci_secret.reveal()
    assert not AuditEvent.objects.filter(kind__contains="robot_token").exists()

    confirmed = client.post(
        "/sign-in/again/", {"password": factories.PASSWORD, "next": back}, follow=True
    )
    assert confirmed.redirect_chain == [(back, 302)]
    assert cast.ci_secret.reveal() not in confirmed.content.decode()
    shown = client.post(page(cast.ci), SHOW)
    assert cast.ci_secret.reveal() in shown.content.decode()


def test_s05_a_shown_token_is_in_that_answer_alone(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    client = signed_in(cast.alice)
    caplog.set_level("DEBUG")
    answers = [
        client.post(page(cast.ci), SHOW),
        client.post(page(cast.ci), {"do": "download", "file": "docker"}),
        client.post(page(cast.ci), {"do": "regenerate", "grace": "3600"}),
    ]
    secrets = [cast.ci_secret.reveal(), *newest_secret(cast.ci)]
    for answer in answers:
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]
    kept = [
        str(dict(client.session.items())),
        str(client.cookies),
        str(list(AuditEvent.objects.values())),
        caplog.text,
        client.get("/admin/").content.decode(),
        client.get(page(cast.ci)).content.decode(),
    ]
    for secret in secrets:
        assert [text for text in kept if secret in text] == []


def newest_secret(robot: Robot) -> list[str]:
    token = RobotToken.objects.filter(robot=robot).order_by("-id")[0]
    secret = credentials.unseal(bytes(token.sealed or b""), token.digest)
    return [secret.reveal()] if secret else []
