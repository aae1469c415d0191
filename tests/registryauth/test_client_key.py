"""Client keys: a password for registries, which dies with the person's own."""

import base64

import pytest
from django.core.signing import Signer
from pytest_django.fixtures import Settings

from quaysite.models import User
from registryauth import client_key
from registryauth.client_key import ClientKey
from registryauth.errors import Unauthorized
from registryauth.people_login import (
    NO_PASSWORDS,
    authenticate_person,
    session_fingerprint,
)
from robots import keyring
from robots.credentials import Secret
from robots.origin import NOWHERE
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, body, refusal

WRONG = (401, "UNAUTHORIZED", "Invalid Username or Password")
NEW_KEY = "a new key for what is kept at rest, 48 characters"


def key_of(person: User) -> str:
    return client_key.mint(ClientKey(person.pk, session_fingerprint(person))).reveal()


def test_it_signs_its_person_in_at_the_registry_only(
    cast: Cast, endpoint: Endpoint
) -> None:
    cast.bob.email = "bob@example.com"
    cast.bob.save()
    key = key_of(cast.bob)
    assert base64.b64decode(key, validate=True)
    for name in ("bob", "Bob@example.com"):
        assert endpoint.claims(endpoint.get(login=basic(name, key)))["sub"] == "bob"
    with pytest.raises(Unauthorized):
        authenticate_person("bob", Secret(key), NOWHERE)


@pytest.mark.parametrize(
    "name", ["charlie", "alice", "nobody", "b\x00ob", "$app", "$oauthtoken", "acme+ci"]
)
def test_it_is_nobody_elses(name: str, cast: Cast, endpoint: Endpoint) -> None:
    key = key_of(cast.bob)
    assert endpoint.get(login=basic(name, key)).status_code == 401


def test_it_dies_with_the_password_and_with_the_person(
    cast: Cast, endpoint: Endpoint
) -> None:
    key = key_of(cast.bob)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert refusal(endpoint.get(login=basic("bob", key)))[2].startswith("This user")
    cast.bob.is_active = True
    cast.bob.set_password("another long password")
    cast.bob.save()
    assert refusal(endpoint.get(login=basic("bob", key))) == WRONG
    assert endpoint.get(login=basic("bob", key_of(cast.bob))).status_code == 200


def test_a_refresh_token_that_it_earns_dies_with_the_password_as_well(
    cast: Cast, endpoint: Endpoint
) -> None:
    login = basic("bob", key_of(cast.bob))
    token = body(endpoint.get(login=login, offline_token="true"))["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert endpoint.post(**form).status_code == 200
    cast.bob.set_password("another long password")
    cast.bob.save()
    assert endpoint.post(**form).status_code == 401


def test_one_changed_character_makes_it_wrong(cast: Cast, endpoint: Endpoint) -> None:
    key = key_of(cast.bob)
    for position in (0, 5, 8, 20, len(key) // 2, -8):
        letters = list(key)
        letters[position] = "A" if letters[position] != "A" else "B"
        changed = "".join(letters)
        assert refusal(endpoint.get(login=basic("bob", changed))) == WRONG


def _marked(text: str) -> str:
    return base64.b64encode(b"qskey:" + text.encode()).decode()


def test_what_nobody_made_is_none_and_may_still_be_a_password(
    db: None, endpoint: Endpoint
) -> None:
    foreign = Signer(key="x" * 40, salt="client key").sign_object([1, "x"])
    other_kind = keyring.current_key("registry refresh token").hex()
    refresh = Signer(key=other_kind, salt="client key").sign_object([1, "x"])
    prefix = client_key.PREFIX
    texts = ["", "x", prefix, f"{prefix}!", f"{prefix}=", prefix + "é", _marked("é")]
    texts += [_marked(text) for text in ("", ":", "x:y", foreign, refresh)]
    for text in texts:
        assert client_key.read(Secret(text)) is None
    odd = f"{prefix} is how it begins"
    factories.user("dora", password=odd)
    assert endpoint.claims(endpoint.get(login=basic("dora", odd)))["sub"] == "dora"


def test_it_lives_on_under_an_older_key_until_that_key_is_dropped(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    key, old = key_of(cast.bob), settings.ROBOTS_SECRET_KEYS
    settings.ROBOTS_SECRET_KEYS = f"{NEW_KEY},{old}"
    assert endpoint.get(login=basic("bob", key)).status_code == 200
    settings.ROBOTS_SECRET_KEYS = NEW_KEY
    assert refusal(endpoint.get(login=basic("bob", key))) == WRONG


def test_where_no_password_is_accepted_neither_is_what_it_earned(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    login = basic("bob", key_of(cast.bob))
    token = body(endpoint.get(login=login, offline_token="true"))["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    settings.OIDC_PASSWORD_SIGN_IN = False
    refused = refusal(endpoint.get(login=login))
    assert refused == (401, "UNAUTHORIZED", NO_PASSWORDS)
    assert refusal(endpoint.post(**form)) == (
        401,
        "UNAUTHORIZED",
        "Invalid refresh token",
    )
    settings.OIDC_PASSWORD_SIGN_IN = True
    assert endpoint.get(login=login).status_code == 200
    assert endpoint.post(**form).status_code == 200


def test_a_robots_refresh_token_goes_on_without_passwords(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.OIDC_PASSWORD_SIGN_IN = False
    login = basic("acme+ci", cast.ci_secret)
    token = body(endpoint.get(login=login, offline_token="true"))["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert endpoint.post(**form).status_code == 200
