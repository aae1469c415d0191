"""GET /v2/: `true` for whoever brings back a good token of ours, for nobody else."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from pytest_django.fixtures import Settings

from registryauth import signing
from registryauth.signer import key_store
from tests.conftest import Cast
from tests.registryauth.endpoint import (
    CHALLENGE,
    SERVICE,
    Endpoint,
    basic,
    body,
    refusal,
)

PING = "/v2/"
NO_CREDENTIALS = "access to the requested resource is not authorized"
UNREADABLE = "Invalid bearer token format"
INVALID = (401, "UNAUTHORIZED", "Invalid bearer token")


def ping(client: Client, authorization: str | None = None, method: str = "GET") -> Any:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.generic(method, PING, headers=headers)


def segment(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def header(**changed: Any) -> dict[str, Any]:
    """The header of our tokens, with some parameters changed; None leaves one out."""
    key = signing.active_key()
    whole = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT", **changed}
    return {name: value for name, value in whole.items() if value is not None}


def claims(**changed: Any) -> dict[str, Any]:
    """Claims of a good token, with some changed; None leaves one out."""
    now = int(time.time())
    whole = {
        "iss": "quaysite", "sub": "acme+ci", "aud": SERVICE, "iat": now, "nbf": now,
        "exp": now + 300, "jti": "1", "access": [], **changed,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def signed(head: dict[str, Any], payload: dict[str, Any]) -> str:
    """Whatever is said, signed with our own active key: as a leak of it would do."""
    key = signing.active_key()
    text = f"{segment(head)}.{segment(payload)}"
    algorithm = jwt.PyJWS().get_algorithm_by_name(key.algorithm)
    return f"{text}.{segment(algorithm.sign(text.encode(), key.private_key))}"


def test_nobody_is_told_where_to_get_a_token(client: Client, db: None) -> None:
    response = ping(client)
    assert refusal(response) == (401, "UNAUTHORIZED", NO_CREDENTIALS)
    assert response["WWW-Authenticate"] == CHALLENGE
    assert ping(client, method="HEAD").status_code == 401
    assert ping(client, method="POST").status_code == 405


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_token_of_ours_is_answered_with_true(
    algorithm: str, cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.REGISTRY_SIGNING_ALGORITHM = algorithm
    settings.REGISTRY_SERVICES = [SERVICE, "second"]
    logins = [basic("acme+ci", cast.ci_secret), basic("bob"), None]
    for login in logins:
        scopes = () if login else ("repository:acme/public:pull",)
        for service in (SERVICE, "second"):
            token = body(endpoint.get(*scopes, login=login, service=service))["token"]
            response = ping(endpoint.client, f"bearer  {token}")
            assert (response.status_code, response.content) == (200, b"true")
            assert response["Content-Type"] == "application/json"
            assert response["WWW-Authenticate"] == CHALLENGE
            assert response["Docker-Distribution-API-Version"] == "registry/2.0"
            assert "no-store" in response["Cache-Control"]
    assert ping(endpoint.client, f"Bearer {token}", "HEAD").status_code == 200


def test_it_asks_no_database(
    cast: Cast, endpoint: Endpoint, django_assert_num_queries: Callable[[int], Any]
) -> None:
    token = body(endpoint.get(login=basic("acme+ci", cast.ci_secret)))["token"]
    with django_assert_num_queries(0):
        assert ping(endpoint.client, f"Bearer {token}").status_code == 200
        assert ping(endpoint.client).status_code == 401


def test_tokens_of_an_older_key_are_good_until_it_is_retired(
    client: Client, db: None
) -> None:
    old = signing.active_key()
    token = signing.sign(claims())
    store = key_store()
    store.activate(store.add("RS256").id)
    signing.forget_keys()
    for good in (token, signing.sign(claims())):
        assert ping(client, f"Bearer {good}").status_code == 200
    store.retire(old.id)
    assert refusal(ping(client, f"Bearer {token}")) == INVALID


BAD_CLAIMS = {
    "another audience": {"aud": "evil.example"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "quay"},
    "no issuer": {"iss": None},
    "expired": {"exp": int(time.time()) - 31},
    "endless": {"exp": None},
    "an end that is no number": {"exp": "tomorrow"},
    "not valid yet": {"nbf": int(time.time()) + 86_400},
    "no beginning": {"nbf": None},
    "issued in the future": {"iat": int(time.time()) + 86_400},
    "never issued": {"iat": None},
    "no subject": {"sub": None},
    "a subject that is no text": {"sub": 1},
    "no id": {"jti": None},
}


@pytest.mark.parametrize("changed", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
def test_what_we_signed_for_something_else_is_refused(
    changed: dict[str, Any], client: Client, db: None
) -> None:
    assert ping(client, f"Bearer {signed(header(), claims())}").status_code == 200
    token = signed(header(), claims(**changed))
    assert refusal(ping(client, f"Bearer {token}")) == INVALID


def test_clocks_may_differ_a_little(client: Client, db: None) -> None:
    now = int(time.time())
    for moments in ({"exp": now - 5}, {"nbf": now + 5, "iat": now + 5}):
        token = signed(header(), claims(**moments))
        assert ping(client, f"Bearer {token}").status_code == 200


BAD_HEADERS = {
    "no kid": {"kid": None},
    "an unknown kid": {"kid": "AAAA:BBBB"},
    "a kid that is no text": {"kid": ["AAAA"]},
    "critical": {"crit": ["exp"], "exp": 1},
    "critical and known to the library": {"crit": ["b64"], "b64": True},
    "a key of its own": {"jwk": {"kty": "oct", "k": "AAAA"}},
    "the address of a key": {"jku": "https://evil.example/jwks.json"},
    "no algorithm": {"alg": None},
    "another algorithm": {"alg": "RS256"},
    "of another type": {"typ": "at+jwt"},
    "of no type": {"typ": None},
}


@pytest.mark.parametrize("changed", BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
def test_a_header_that_is_not_ours_is_refused_though_we_signed_it(
    changed: dict[str, Any], client: Client, db: None
) -> None:
    token = signed(header(**changed), claims())
    assert refusal(ping(client, f"Bearer {token}")) == INVALID


def test_forged_signatures_are_refused(client: Client, db: None) -> None:
    key = signing.active_key()
    pem = key.private_key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    stranger = ec.generate_private_key(ec.SECP256R1())
    forged = [jwt.encode(claims(), stranger, "ES256", headers=header())]
    for algorithm in ("none", "HS256"):
        text = f"{segment(header(alg=algorithm))}.{segment(claims())}"
        confused = segment(hmac.digest(pem, text.encode(), hashlib.sha256))
        forged += [f"{text}.", f"{text}.{confused}"]
    good = signed(header(), claims())
    head, _, signature = good.split(".")
    forged += [
        f"{head}.{segment(claims(sub='alice'))}.{signature}",
        f"{head}.{segment(claims())}.",
        good[:-4],
    ]
    for token in forged:
        response = ping(client, f"Bearer {token}")
        assert refusal(response) == INVALID
        assert response["WWW-Authenticate"] == CHALLENGE


def test_no_other_secret_is_a_bearer_token(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    refresh_token = body(endpoint.get(login=login, offline_token="true"))
    for secret in (cast.ci_secret.reveal(), refresh_token["refresh_token"]):
        assert refusal(ping(endpoint.client, f"Bearer {secret}")) == INVALID
    token = body(endpoint.get(login=login))["token"]
    for unreadable in (login, token, f"Basic {token}", "Bearer", "", "é", "Bear\x00er"):
        response = ping(endpoint.client, unreadable)
        told = (401, "UNAUTHORIZED", UNREADABLE)
        assert refusal(response) == (INVALID if unreadable == "Bearer" else told)
    settings.REGISTRY_SERVICES = ["another"]
    assert refusal(ping(endpoint.client, f"Bearer {token}")) == INVALID


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        ".",
        "..",
        "...",
        "a.b.c.d.e",
        "é.é.é",
        "\x00.\x00.\x00",
        "a b c",
        f"{segment([])}.{segment({})}.",
        f"{segment(b'{' * 9)}.{segment({})}.",
        f"{segment(b'[' * 100_000)}.{segment({})}.",
        f"{segment(bytes(range(256)))}.{segment({})}.",
        "A" * 100_000,
    ],
    ids=lambda token: repr(token[:20]),
)
def test_garbage_is_refused(token: str, client: Client, db: None) -> None:
    assert refusal(ping(client, f"Bearer {token}")) == INVALID


def test_it_is_unavailable_without_keys(
    client: Client, db: None, own_signing_keys: Path
) -> None:
    token = signing.sign(claims())
    (own_signing_keys / "active").write_text("gone")
    signing.forget_keys()
    response = ping(client, f"Bearer {token}")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert ping(client).status_code == 401


@pytest.mark.parametrize(
    "path", ["/v2/_catalog", "/v2/acme/web/manifests/v1", "/v2/x", "/v2//", "/v2/auth/"]
)
def test_nothing_else_is_below_v2(path: str, cast: Cast, endpoint: Endpoint) -> None:
    token = body(endpoint.get(login=basic("alice")))["token"]
    response = endpoint.client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 404
