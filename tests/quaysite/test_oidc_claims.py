"""What a provider's claims are read as, whatever is in them."""

from typing import Any

import pytest
from django.test import Client

from quaysite.models import User
from quaysite.oidc.claims import Claims, read
from quaysite.oidc.usernames import username_for
from tests.quaysite.oidc import SUBJECT, Flow

NOW = 1_700_000_000.0
KIM = {
    "sub": SUBJECT,
    "preferred_username": "Kim.Doe@example.com",
    "email": "kim@example.com",
    "email_verified": True,
}


def read_claims(said: dict[str, Any], groups_claim: str) -> Claims:
    return read(said, {}, groups_claim, NOW)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "Zoë O'Neil"}, "zoe-o-neil"),
        ({"preferred_username": "kim@corp.example"}, "kim"),
        ({"preferred_username": "..a__b--.."}, "a_b"),
        ({"preferred_username": "k", "email": "kim.doe@x.example"}, "kim.doe"),
        ({"preferred_username": "x" * 300}, "person-2fe5a85bd015"),
        ({"preferred_username": "林"}, "person-2fe5a85bd015"),
        ({"preferred_username": 5, "email": ["x"]}, "person-2fe5a85bd015"),
    ],
)
def test_every_name_becomes_one_that_can_be_had(
    claims: dict[str, Any], name: str
) -> None:
    found = username_for(read_claims({"iss": "i", "sub": "s", **claims}, "groups"))
    assert found.startswith(name)
    User(username=found, password="x").clean_fields()


def test_claims_of_any_type_are_read() -> None:
    odd = {
        "iss": "i",
        "sub": "s",
        "groups": {"a": 1},
        "auth_time": "x",
        "email": "\x00",
    }
    assert read_claims(odd, "groups") == Claims("i", "s")
    nested = {"iss": "i", "sub": "s", "realm_access": {"roles": ["a"]}, "a.b": "one"}
    assert read_claims(nested, "realm_access.roles").groups == frozenset({"a"})
    assert read_claims(nested, "a.b").groups == frozenset({"one"})
    assert read_claims(nested, "realm_access.roles.x").groups is None


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        (NOW, NOW),
        (0, 0.0),
        (NOW + 29, NOW + 29),
        (NOW + 31, None),
        (10**400, None),
        (-1, None),
        (True, None),
        (str(NOW), None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_time_that_is_none_or_to_come_is_not_said(
    said: object, read_as: float | None
) -> None:
    claims = {"iss": "i", "sub": "s", "auth_time": said}
    assert read_claims(claims, "groups").auth_time == read_as


def test_an_address_is_verified_only_by_who_named_it(flow: Flow) -> None:
    """Of userinfo it is another address that is verified."""
    flow.sign_in({**KIM, "preferred_username": "eve"}, email="ceo@corp.example")
    assert User.objects.get().email == ""
    assert flow.signed_in() == "eve"
    flow.browser = Client()
    flow.sign_in({**KIM, "sub": "2"}, sub="2", email_verified=False)
    assert User.objects.get(username="kim.doe").email == "kim@example.com"
