"""The Authorization header: every form of it, and never a way back to anonymous."""

import base64

import pytest
from django.test import Client

from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import (
    CHALLENGE,
    URL,
    Endpoint,
    basic,
    body,
    refusal,
)

PUBLIC = "repository:acme/public:pull"
UNREADABLE = (401, "UNAUTHORIZED", "Specified credentials are invalid")
WRONG_PERSON = (401, "UNAUTHORIZED", "Invalid Username or Password")


def encoded(pair: bytes) -> str:
    return base64.b64encode(pair).decode()


@pytest.mark.parametrize(
    "form", ["Basic {}", "basic {}", "BASIC {}", "Basic    {}", "  Basic {}  "]
)
def test_the_scheme_may_be_written_in_any_case_and_spacing(
    form: str, cast: Cast, endpoint: Endpoint
) -> None:
    credentials = encoded(b"acme+ci:" + cast.ci_secret.reveal().encode())
    claims = endpoint.claims(endpoint.get(login=form.format(credentials)))
    assert claims["sub"] == "acme+ci"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param("   ", id="blank"),
        pytest.param("Basic", id="no credentials"),
        pytest.param("Basic ", id="empty credentials"),
        pytest.param("Basic !!!!", id="not base64"),
        pytest.param("Basic YQ", id="no padding"),
        pytest.param("Basic YWxpY2U6eA==YQ", id="more after the padding"),
        pytest.param("Basic YWxp Y2U6eA==", id="a space inside"),
        pytest.param("Basic YWxpY2U6eA==\u00e9", id="not ASCII"),
        pytest.param("Basic " + encoded(b"alice"), id="no colon"),
        pytest.param("Basic " + encoded(b":secret"), id="no user name"),
        pytest.param("Basic " + encoded(b"al\xffce:x"), id="user name not UTF-8"),
        pytest.param("Basic " + encoded(b"alice:\xff\xfe"), id="password not UTF-8"),
        pytest.param("Basic " + encoded(b"alice:\xed\xa0\x80"), id="a surrogate"),
        pytest.param("Basic\talice", id="a tab"),
        pytest.param("Basic,YWxpY2U6eA==", id="a comma"),
        pytest.param("Bearer abc", id="Bearer"),
        pytest.param("Digest username=alice", id="Digest"),
        pytest.param("Negotiate abc", id="Negotiate"),
        pytest.param("YWxpY2U6eA==", id="no scheme"),
    ],
)
def test_an_unreadable_header_is_401_even_for_what_is_public(
    header: str, cast: Cast, endpoint: Endpoint
) -> None:
    response = endpoint.get(PUBLIC, login=header)
    assert refusal(response) == UNREADABLE
    assert response["WWW-Authenticate"] == CHALLENGE


@pytest.mark.parametrize(
    "form", ["Bearer {}", "Token {}", "Basics {}", "basic{}", "{}"]
)
def test_right_credentials_under_another_scheme_are_401(
    form: str, cast: Cast, endpoint: Endpoint
) -> None:
    credentials = encoded(b"acme+ci:" + cast.ci_secret.reveal().encode())
    assert refusal(endpoint.get(login=form.format(credentials))) == UNREADABLE


@pytest.mark.parametrize(
    "pair",
    [b"alice:", b"\x00:x", b"ali\x00ce:x", b"alice:\x00", b"alice:a:b", b" alice:x"],
    ids=repr,
)
def test_a_readable_header_that_is_wrong_is_401(
    pair: bytes, cast: Cast, endpoint: Endpoint
) -> None:
    response = endpoint.get(PUBLIC, login=f"Basic {encoded(pair)}")
    assert refusal(response) == WRONG_PERSON


@pytest.mark.parametrize(
    "pair", [b"acme+ci:", b"acme+ci:\x00", b"acme+ci\x00:x", b"+:x", b"++:x"], ids=repr
)
def test_a_readable_header_of_a_wrong_robot_is_401(
    pair: bytes, cast: Cast, endpoint: Endpoint
) -> None:
    name = pair.partition(b":")[0].decode()
    status, code, message = refusal(
        endpoint.get(PUBLIC, login=f"Basic {encoded(pair)}")
    )
    assert (status, code) == (401, "UNAUTHORIZED")
    assert message == (
        f"Could not find robot with username: {name} and supplied password."
    )


def test_a_colon_belongs_to_the_password(db: None, endpoint: Endpoint) -> None:
    factories.user("dora", password="a:b:c")
    claims = endpoint.claims(endpoint.get(login=basic("dora", "a:b:c")))
    assert claims["sub"] == "dora"


def test_a_password_beyond_ascii_is_read_as_utf_8(db: None, endpoint: Endpoint) -> None:
    factories.user("dora", password="Grüße, 世界")
    assert endpoint.claims(endpoint.get(login=basic("dora", "Grüße, 世界")))


def test_a_registry_token_is_never_a_credential(cast: Cast, endpoint: Endpoint) -> None:
    login = basic("acme+ci", cast.ci_secret)
    token = body(endpoint.get(login=login))["token"]
    assert refusal(endpoint.get(PUBLIC, login=f"Bearer {token}")) == UNREADABLE
    assert endpoint.get(PUBLIC, login=basic("acme+ci", token)).status_code == 401
    assert endpoint.get(PUBLIC, login=basic("alice", token)).status_code == 401


def test_a_session_of_the_admin_site_is_no_credential(
    cast: Cast, client: Client, endpoint: Endpoint
) -> None:
    client.force_login(cast.alice)
    assert client.get(URL).status_code == 401
    claims = endpoint.claims(endpoint.get("repository:acme/web:pull"))
    assert (claims["sub"], claims["access"][0]["actions"]) == ("(anonymous)", [])
