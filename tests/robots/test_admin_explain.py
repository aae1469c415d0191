"""The page that explains access: its answers, and whom it answers about."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from robots.lifecycle.permissions import grant
from robots.models import RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.conftest import Cast

PAGE = "/admin/robots/repository/explain/"


def ask(client: Client, identity: str, repository: str, action: str = "pull") -> Any:
    asked = {"identity": identity, "repository": repository, "action": action}
    response = client.get(PAGE, asked)
    assert response.status_code == 200
    return response


def answer(client: Client, *asked: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(client, *asked).context["answer"]
    assert found is not None
    return found


def errors(client: Client, *asked: str) -> set[str]:
    response = ask(client, *asked)
    assert response.context["answer"] is None
    return set(response.context["form"].errors)


def test_a_grant_is_explained_with_its_origin_and_end(
    client: Client, cast: Cast
) -> None:
    end = timezone.now() + timedelta(days=1)
    grant(cast.api, cast.bob, Role.ADMIN, factories.BY, end)
    client.force_login(cast.alice)
    found = answer(client, "bob", "acme/api", "delete")
    assert (found["granted"], found["role"]) == (True, Role.ADMIN)
    assert [(text, s.role, s.until) for text, s in found["sources"]] == [
        ("Direct permission", Role.ADMIN, end),
        ("Team developers", Role.WRITE, None),
    ]
    body = ask(client, "bob", "acme/api", "delete").content.decode()
    assert "bob may delete acme/api" in body


def test_a_denial_says_why_what_has_ended_and_what_is_lacking(
    client: Client, cast: Cast
) -> None:
    past = timezone.now() - timedelta(days=1)
    RepositoryPermission.objects.filter(robot=cast.ci).update(expires_at=past)
    cast.ci.enabled = False
    cast.ci.save()
    client.force_login(cast.alice)
    found = answer(client, "acme+ci", "acme/web", "push")
    assert (found["granted"], found["reason"]) == (False, "no grant")
    assert [text for text, _ in found["ended"]] == ["Direct permission"]
    assert found["cuts"] == ["the robot is disabled"]
    assert len(found["needs"]) == 2


def test_what_a_push_would_create_and_what_anybody_may_do(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.alice)
    assert answer(client, "alice", "acme/new", "push")["creates"]
    assert answer(client, "anonymous", "acme/public")["granted"]
    assert not answer(client, "anonymous", "acme/web")["granted"]


def test_s01_administrators_ask_about_their_own_namespaces_only(
    client: Client, cast: Cast
) -> None:
    other = factories.organization("other", owner=cast.charlie)
    factories.robot(other, "spy")
    factories.repository(other, "hidden")
    client.force_login(cast.alice)
    assert errors(client, "alice", "other/hidden") == {"repository"}
    assert errors(client, "alice", "other/missing") == {"repository"}
    assert errors(client, "other+spy", "acme/web") == {"identity"}
    assert errors(client, "other+missing", "acme/web") == {"identity"}


def test_people_who_have_nothing_to_do_with_a_namespace_are_unknown_there(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.alice)
    texts = []
    for name in ("charlie", "zelda"):
        response = ask(client, name, "acme/web")
        [text] = response.context["form"].errors["identity"]
        texts.append(text.replace(name, "NAME"))
    assert texts[0] == texts[1]
    assert answer(client, "bob", "acme/web")["reason"] == "no grant"


def test_a_member_asks_about_themselves_and_what_they_see(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.bob)
    assert answer(client, "bob", "acme/api", "push")["granted"]
    assert answer(client, "anonymous", "acme/public")["granted"]
    assert errors(client, "bob", "acme/web") == {"repository"}
    assert errors(client, "bob", "acme/missing") == {"repository"}
    assert errors(client, "alice", "acme/api") == {"identity"}
    assert errors(client, "acme+ci", "acme/api") == {"identity"}


def test_staff_ask_about_everybody(admin_client: Client, cast: Cast) -> None:
    assert not answer(admin_client, "charlie", "acme/web")["granted"]
    assert answer(admin_client, "acme+ci", "acme/web", "push")["granted"]


WRONG = {
    "nothing": ("", ""),
    "NUL": ("bo\x00b", "acme/\x00"),
    "too long": ("b" * 100_000, "acme/" + "w" * 100_000),
    "no namespace": ("bob", "/"),
    "capitals": ("bob", "Acme/Web"),
}


@pytest.mark.parametrize("asked", WRONG.values(), ids=WRONG)
def test_a_question_that_cannot_be_is_an_error_beside_its_field(
    admin_client: Client, cast: Cast, asked: tuple[str, str]
) -> None:
    assert "repository" in errors(admin_client, *asked)
    assert errors(admin_client, "bob", "acme/web", "sing") == {"action"}


def test_an_empty_page_asks_nothing(client: Client, cast: Cast) -> None:
    client.force_login(cast.charlie)
    response = client.get(PAGE)
    assert response.context["answer"] is None
    assert not response.context["form"].errors
    client.logout()
    assert client.get(PAGE).status_code == 302
