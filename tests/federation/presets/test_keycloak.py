"""Keycloak, by the access token of a service account.

"Server Administration Guide", sections on service accounts and audience support:
https://www.keycloak.org/docs/latest/server_admin/
"""

from typing import Any

import pytest

from federation.errors import TrustInvalid
from tests.federation.presets.admitting import (
    ID,
    LET_IN,
    OTHER_ID,
    SITE,
    failing,
    filled,
)

REALM = "https://sso.example.com/realms/ci"
VALUES: dict[str, Any] = {"issuer": REALM, "subject": ID}
CLAIMS: dict[str, Any] = {
    "iss": REALM,
    "sub": ID,
    "aud": SITE,
    "typ": "Bearer",
    "azp": "orders-job",
    "acr": "1",
    "allowed-origins": ["/*"],
    "realm_access": {"roles": ["offline_access", "default-roles-ci"]},
    "resource_access": {"account": {"roles": ["view-profile"]}},
    "scope": "profile email",
    "clientHost": "192.0.2.7",
    "clientAddress": "192.0.2.7",
    "client_id": "orders-job",
    "email_verified": False,
    "preferred_username": "service-account-orders-job",
}


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        pytest.param({}, {}, id="subject"),
        pytest.param({"client_id": "orders-job"}, {}, id="subject and client"),
        pytest.param(
            {"audience": f"{SITE} account", "client_id": "orders-job"},
            {"aud": ["account", SITE]},
            id="two audiences",
        ),
        pytest.param(
            {"subject": f"f:{OTHER_ID}:jane"},
            {"sub": f"f:{OTHER_ID}:jane"},
            id="user of a directory",
        ),
        pytest.param(
            {"issuer": "https://sso.example.com/auth/realms/ci"},
            {"iss": "https://sso.example.com/auth/realms/ci"},
            id="older paths",
        ),
    ],
)
def test_the_account_is_let_in(values: dict[str, Any], changes: dict[str, Any]) -> None:
    assert failing(filled("keycloak", VALUES, **values), CLAIMS | changes) == LET_IN


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": f"{REALM}/"}, "iss", id="slash"),
        pytest.param({"iss": "https://sso.example.com/realms/x"}, "iss", id="realm"),
        pytest.param({"sub": OTHER_ID}, "sub", id="another account"),
        pytest.param({"sub": ID.upper()}, "sub", id="in another case"),
        pytest.param({"aud": "account"}, "aud", id="no mapper"),
        pytest.param({"aud": [SITE, "account"]}, "aud", id="for others too"),
        pytest.param({"aud": None}, "aud", id="no audience"),
        pytest.param({"azp": "other-job"}, "azp", id="another client"),
        pytest.param({"azp": None}, "azp", id="no client"),
        pytest.param({"azp": ["orders-job"]}, "azp", id="clients in a list"),
    ],
)
def test_near_misses_are_refused(changes: dict[str, Any], claim: str) -> None:
    trusts = filled("keycloak", VALUES, client_id="orders-job")
    assert failing(trusts, CLAIMS | changes) == claim


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject": None}, "subject: needed; must be the id of a user"),
        ({"subject": "jane"}, "subject: must be the id of a user"),
        ({"subject": "*"}, "subject: no `*`; must be the id of a user"),
        ({"client_id": "orders-*"}, "client_id: no `*`; must be one line"),
        ({"client_id": " x"}, "client_id: must be one line of text"),
        ({"audience": "account"}, "audience: `account` only with client_id"),
        ({"audience": [SITE, "account"]}, "audience: `account` only with client_id"),
        ({"issuer": None}, "issuer: needed; must be the URL of a realm"),
        ({"issuer": "https://sso.example.com"}, "issuer: must be the URL of a realm"),
        ({"issuer": f"{REALM}/"}, "issuer: must be the URL of a realm"),
        ({"issuer": "http://sso.example.com/realms/ci"}, "issuer: must be the URL of"),
        ({"realm": "ci"}, "realm: not known; known are subject, "),
    ],
)
def test_wrong_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrustInvalid) as raised:
        filled("keycloak", VALUES, **changes)
    assert raised.value.message.startswith(message)


def test_a_realm_on_this_machine_may_be_asked_in_plain_http() -> None:
    issuer = "http://localhost:8080/realms/master"
    trusts = filled("keycloak", VALUES, issuer=issuer)
    assert failing(trusts, CLAIMS | {"iss": issuer}) == LET_IN
