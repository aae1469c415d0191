"""Refresh tokens: reusable until what earned them ends, and nothing else is one."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from registryauth import refresh
from robots.identity import ANONYMOUS
from robots.lifecycle.robots import delete_robot, regenerate_token, set_enabled
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import (
    CHALLENGE,
    SERVICE,
    Endpoint,
    Refusal,
    basic,
    body,
    refusal,
)

WEB = "repository:acme/web:pull"
INVALID = (401, "UNAUTHORIZED", "Invalid refresh token")
NEW_KEY = "a new key for what is kept at rest, 48 characters"


def refresh_token(endpoint: Endpoint, login: str, **query: str) -> str:
    """A new refresh token, as docker login earns one."""
    answer = body(endpoint.get(login=login, offline_token="true", **query))
    token: str = answer["refresh_token"]
    return token


def exchange(endpoint: Endpoint, token: str, **changed: Any) -> Any:
    """What docker posts for each pull once it has a refresh token."""
    form = {"grant_type": "refresh_token", "scope": WEB, "service": SERVICE, **changed}
    return endpoint.post(client_id="docker", refresh_token=token, **form)


@pytest.fixture
def robots_token(cast: Cast, endpoint: Endpoint) -> str:
    """A refresh token of acme+ci."""
    return refresh_token(endpoint, basic("acme+ci", cast.ci_secret))


@pytest.fixture
def persons_token(cast: Cast, endpoint: Endpoint) -> str:
    """A refresh token of bob."""
    return refresh_token(endpoint, basic("bob"))


def test_it_is_good_for_one_pull_after_another(
    robots_token: str, endpoint: Endpoint
) -> None:
    for _ in range(3):
        claims = endpoint.claims(exchange(endpoint, robots_token))
        assert claims["sub"] == "acme+ci"
        assert claims["access"] == [
            {"type": "repository", "name": "acme/web", "actions": ["pull"]}
        ]


def test_a_persons_token_has_the_rights_of_the_person_today(
    cast: Cast, persons_token: str, endpoint: Endpoint
) -> None:
    scope = "repository:acme/api:pull"
    granted = endpoint.claims(exchange(endpoint, persons_token, scope=scope))
    assert (granted["sub"], granted["access"][0]["actions"]) == ("bob", ["pull"])
    cast.team.members.all().delete()
    left = endpoint.claims(exchange(endpoint, persons_token, scope=scope))
    assert left["access"][0]["actions"] == []


def test_it_does_not_renew_itself(robots_token: str, endpoint: Endpoint) -> None:
    answer = body(exchange(endpoint, robots_token, access_type="offline"))
    assert "token" in answer
    assert "refresh_token" not in answer


def test_it_serves_no_other_robot_that_came_to_its_tokens_id(
    cast: Cast, robots_token: str, endpoint: Endpoint
) -> None:
    """As after a backup was restored and new robots were made."""
    token_id = cast.ci.tokens.get().pk
    delete_robot(cast.ci, factories.BY)
    other, _ = factories.robot(factories.organization("beta"), "thief")
    other.tokens.update(id=token_id)
    assert refusal(exchange(endpoint, robots_token)) == INVALID


def test_nobody_has_none() -> None:
    with pytest.raises(ValueError, match="method none"):
        refresh.mint(ANONYMOUS, SERVICE, timezone.now())


def test_it_is_bound_to_the_service_it_was_made_for(
    cast: Cast, robots_token: str, endpoint: Endpoint, settings: Settings
) -> None:
    settings.REGISTRY_SERVICES = [SERVICE, "second"]
    assert refusal(exchange(endpoint, robots_token, service="second")) == INVALID
    login = basic("acme+ci", cast.ci_secret)
    others = refresh_token(endpoint, login, service="second")
    assert refusal(exchange(endpoint, others)) == INVALID
    assert exchange(endpoint, others, service="second").status_code == 200


def test_it_ends_when_its_lifetime_is_over(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.REGISTRY_REFRESH_TOKEN_LIFETIME = 0
    for login in (basic("acme+ci", cast.ci_secret), basic("bob")):
        token = refresh_token(endpoint, login)
        response = exchange(endpoint, token)
        assert refusal(response) == INVALID
        assert response["WWW-Authenticate"] == CHALLENGE


def test_it_ends_no_later_than_the_robot_token(cast: Cast, endpoint: Endpoint) -> None:
    token = cast.ci.tokens.get()
    token.expires_at = timezone.now() + timedelta(seconds=100)
    token.save()
    refreshed = refresh_token(endpoint, basic("acme+ci", cast.ci_secret))
    assert exchange(endpoint, refreshed).status_code == 200
    token.expires_at = timezone.now()
    token.save()
    assert refusal(exchange(endpoint, refreshed)) == (
        401,
        "UNAUTHORIZED",
        "The token of robot acme+ci has expired",
    )


@pytest.mark.parametrize("whose", ["robot", "token"])
def test_its_own_end_is_that_of_the_credential(
    whose: str, cast: Cast, endpoint: Endpoint
) -> None:
    row = cast.ci if whose == "robot" else cast.ci.tokens.get()
    row.expires_at = timezone.now() + timedelta(hours=1)
    row.save()
    token = refresh_token(endpoint, basic("acme+ci", cast.ci_secret))
    payload = token.removeprefix("qsr.").partition(":")[0]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] == int(row.expires_at.timestamp())


def test_it_holds_neither_the_robots_token_nor_the_persons_password(
    cast: Cast, robots_token: str, persons_token: str
) -> None:
    for token in (robots_token, persons_token):
        payload = token.removeprefix("qsr.").partition(":")[0]
        text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
        assert cast.ci_secret.reveal() not in text
        assert factories.PASSWORD not in text
        assert cast.bob.password not in text


@pytest.mark.parametrize("position", [0, 3, 4, 5, 20, -30, -1], ids=str)
def test_one_changed_character_makes_it_invalid(
    position: int, robots_token: str, endpoint: Endpoint
) -> None:
    letters = list(robots_token)
    letters[position] = "A" if letters[position] != "A" else "B"
    assert refusal(exchange(endpoint, "".join(letters))) == INVALID


@pytest.mark.parametrize(
    "text",
    ["x", "qsr.", "qsr.x", "qsr.:", "qsr.x:y", "qsr.\x00:é", "QSR.x:y", "qsr..e:y"],
    ids=repr,
)
def test_what_nobody_made_is_invalid(text: str, cast: Cast, endpoint: Endpoint) -> None:
    assert refusal(exchange(endpoint, text)) == INVALID


def _disable_robot(cast: Cast) -> None:
    set_enabled(cast.ci, False, factories.BY)


def _expire_robot(cast: Cast) -> None:
    cast.ci.expires_at = timezone.now()
    cast.ci.save()


def _disable_namespace(cast: Cast) -> None:
    cast.acme.enabled = False
    cast.acme.save()


def _unauthorized(message: str) -> Refusal:
    return 401, "UNAUTHORIZED", message


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (lambda cast: regenerate_token(cast.ci, factories.BY), INVALID),
        (lambda cast: delete_robot(cast.ci, factories.BY), INVALID),
        (lambda cast: cast.acme.delete(), INVALID),
        (_disable_robot, _unauthorized("Robot acme+ci is disabled")),
        (_expire_robot, _unauthorized("Robot acme+ci has expired")),
        (_disable_namespace, _unauthorized("Robot acme+ci owner acme is disabled")),
    ],
    ids=["regenerate", "delete", "no namespace", "disable", "expire", "namespace off"],
)
def test_a_robots_token_dies_at_once_with_what_it_depends_on(
    end: Callable[[Cast], object],
    expected: Refusal,
    cast: Cast,
    robots_token: str,
    endpoint: Endpoint,
) -> None:
    assert exchange(endpoint, robots_token).status_code == 200
    end(cast)
    assert refusal(exchange(endpoint, robots_token)) == expected


def test_robots_disallow_stops_it_except_for_the_whitelist(
    robots_token: str, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    assert refusal(exchange(endpoint, robots_token)) == _unauthorized(
        "Robot accounts have been disabled. Please contact your administrator."
    )
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    assert exchange(endpoint, robots_token).status_code == 200


def test_a_persons_token_dies_with_the_password(
    cast: Cast, persons_token: str, endpoint: Endpoint
) -> None:
    cast.bob.set_password("another long password")
    cast.bob.save()
    assert refusal(exchange(endpoint, persons_token)) == INVALID


def test_a_persons_token_dies_with_the_person(
    cast: Cast, persons_token: str, endpoint: Endpoint
) -> None:
    cast.bob.is_active = False
    cast.bob.save()
    assert refusal(exchange(endpoint, persons_token)) == _unauthorized(
        "This user has been disabled. Please contact your administrator."
    )
    cast.bob.delete()
    assert refusal(exchange(endpoint, persons_token)) == INVALID


def test_it_lives_on_under_an_older_key_until_that_key_is_dropped(
    cast: Cast, robots_token: str, endpoint: Endpoint, settings: Settings
) -> None:
    old = settings.ROBOTS_SECRET_KEYS
    settings.ROBOTS_SECRET_KEYS = f"{NEW_KEY},{old}"
    assert exchange(endpoint, robots_token).status_code == 200
    newer = refresh_token(endpoint, basic("acme+ci", cast.ci_secret))
    settings.ROBOTS_SECRET_KEYS = NEW_KEY
    assert refusal(exchange(endpoint, robots_token)) == INVALID
    assert exchange(endpoint, newer).status_code == 200


def test_a_persons_token_lives_on_under_an_older_secret_key(
    persons_token: str, endpoint: Endpoint, settings: Settings
) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "a new key, long enough for what it has to do here"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert exchange(endpoint, persons_token).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert refusal(exchange(endpoint, persons_token)) == INVALID


def test_it_is_refused_as_a_password(
    robots_token: str, persons_token: str, endpoint: Endpoint
) -> None:
    assert endpoint.get(WEB, login=basic("acme+ci", robots_token)).status_code == 401
    assert endpoint.get(WEB, login=basic("bob", persons_token)).status_code == 401
    assert endpoint.get(WEB, login=f"Bearer {robots_token}").status_code == 401


def test_no_other_secret_is_taken_for_one(cast: Cast, endpoint: Endpoint) -> None:
    robot_token = cast.ci_secret.reveal()
    registry_token = body(endpoint.get(WEB, login=basic("alice")))["token"]
    for secret in (robot_token, registry_token, factories.PASSWORD):
        assert refusal(exchange(endpoint, secret)) == INVALID
        assert refusal(exchange(endpoint, f"qsr.{secret}")) == INVALID
