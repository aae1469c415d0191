"""POST /v2/auth: the form that containerd sends, and every body that is not one."""

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from robots.models import Repository
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import (
    FORM,
    SERVICE,
    URL,
    Endpoint,
    basic,
    body,
    refusal,
)

WEB = "repository:acme/web:pull"
NOT_A_FORM = f"The body must be a form: {FORM}"


def password_form(cast: Cast, **changed: Any) -> dict[str, Any]:
    """What containerd posts for acme+ci; a field that is None is left out."""
    fields = {
        "client_id": "containerd-client",
        "grant_type": "password",
        "username": "acme+ci",
        "password": cast.ci_secret.reveal(),
        "scope": WEB,
        "service": SERVICE,
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def test_a_password_grant_is_answered_like_a_get(
    cast: Cast, endpoint: Endpoint
) -> None:
    response = endpoint.post(**password_form(cast))
    answer, claims = body(response), endpoint.claims(response)
    assert answer.keys() == {"token", "access_token", "expires_in", "issued_at"}
    assert claims["sub"] == "acme+ci"
    assert claims["access"] == [
        {"type": "repository", "name": "acme/web", "actions": ["pull"]}
    ]
    assert response["Cache-Control"] == "no-cache, no-store, must-revalidate"


def test_a_person_may_use_the_password_grant_too(
    cast: Cast, endpoint: Endpoint
) -> None:
    form = password_form(cast, username="alice", password=factories.PASSWORD)
    claims = endpoint.claims(endpoint.post(**form))
    assert claims["context"]["entity_kind"] == "user"


def test_scopes_are_one_field_joined_by_spaces_or_several_fields(
    cast: Cast, endpoint: Endpoint
) -> None:
    scopes = [WEB, "repository:acme/web:pull,push", "repository:acme/api:pull"]
    expected = [
        {"type": "repository", "name": "acme/web", "actions": ["push", "pull"]},
        {"type": "repository", "name": "acme/api", "actions": []},
    ]
    for scope in (" ".join(scopes), scopes):
        response = endpoint.post(**password_form(cast, scope=scope))
        assert endpoint.claims(response)["access"] == expected


def test_no_scope_is_a_login(cast: Cast, endpoint: Endpoint) -> None:
    response = endpoint.post(**password_form(cast, scope=None, service=None))
    assert endpoint.claims(response)["access"] == []


@pytest.mark.parametrize(
    ("access_type", "expected"), [("offline", True), ("online", False), (None, False)]
)
def test_a_refresh_token_comes_with_access_type_offline_only(
    access_type: str | None, expected: bool, cast: Cast, endpoint: Endpoint
) -> None:
    response = endpoint.post(**password_form(cast, access_type=access_type))
    assert ("refresh_token" in body(response)) is expected


def test_a_push_may_create_by_post(cast: Cast, endpoint: Endpoint) -> None:
    form = {"username": "alice", "password": factories.PASSWORD}
    scope = "repository:acme/new:pull,push"
    response = endpoint.post(**password_form(cast, scope=scope, **form))
    assert endpoint.claims(response)["access"][0]["actions"] == ["push", "pull"]
    assert Repository.objects.filter(namespace=cast.acme, name="new").exists()


@dataclass(frozen=True)
class Refused:
    """A change to the good form, and what it is answered with."""

    name: str
    changed: dict[str, Any]
    status: int
    code: str
    message: str

    def __str__(self) -> str:
        return self.name


GRANT_TYPE = "grant_type must be password or refresh_token"
WRONG = "Could not find robot with username: acme+ci and supplied password."

REFUSED = [
    Refused(
        name="no grant type",
        changed={"grant_type": None},
        status=400,
        code="INVALID_REQUEST",
        message=GRANT_TYPE,
    ),
    Refused(
        name="an unknown grant type",
        changed={"grant_type": "client_credentials"},
        status=400,
        code="INVALID_REQUEST",
        message=GRANT_TYPE,
    ),
    Refused(
        name="no user name",
        changed={"username": None},
        status=400,
        code="INVALID_REQUEST",
        message="Missing parameter: username",
    ),
    Refused(
        name="an empty user name",
        changed={"username": ""},
        status=400,
        code="INVALID_REQUEST",
        message="Missing parameter: username",
    ),
    Refused(
        name="no password",
        changed={"password": None},
        status=400,
        code="INVALID_REQUEST",
        message="Missing parameter: password",
    ),
    Refused(
        name="no refresh token",
        changed={"grant_type": "refresh_token"},
        status=400,
        code="INVALID_REQUEST",
        message="Missing parameter: refresh_token",
    ),
    Refused(
        name="a wrong password",
        changed={"password": "wrong"},
        status=401,
        code="UNAUTHORIZED",
        message=WRONG,
    ),
    Refused(
        name="an unknown service",
        changed={"service": "evil.example"},
        status=400,
        code="INVALID_REQUEST",
        message="Unknown service: evil.example",
    ),
    Refused(
        name="a bad scope",
        changed={"scope": "nonsense"},
        status=400,
        code="INVALID_REQUEST",
        message="Unable to decode repository and actions: nonsense",
    ),
    Refused(
        name="a bad scope and a wrong password",
        changed={"scope": "nonsense", "password": "wrong"},
        status=401,
        code="UNAUTHORIZED",
        message=WRONG,
    ),
    Refused(
        name="more fields than Django reads",
        changed={"scope": [""] * 1001},
        status=400,
        code="INVALID_REQUEST",
        message="The body is not a form",
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_refused_form_says_why(case: Refused, cast: Cast, endpoint: Endpoint) -> None:
    response = endpoint.post(**password_form(cast, **case.changed))
    assert refusal(response) == (case.status, case.code, case.message)


def test_neither_the_query_nor_the_header_stands_in_for_the_form(
    cast: Cast, client: Client
) -> None:
    response = client.post(
        URL,
        "client_id=docker",
        content_type=FORM,
        query_params=password_form(cast),
        headers={"Authorization": basic("acme+ci", cast.ci_secret)},
    )
    assert refusal(response) == (400, "INVALID_REQUEST", GRANT_TYPE)


def _multipart(fields: dict[str, str]) -> str:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join(parts) + "--x--\r\n"


def test_a_good_form_of_another_encoding_is_refused_unread(
    cast: Cast, client: Client
) -> None:
    fields = password_form(cast)
    encodings = {
        "application/json": json.dumps(fields),
        "multipart/form-data; boundary=x": _multipart(fields),
        "multipart/form-data; boundary=x; charset=utf-7": _multipart(fields),
        "multipart/form-data": _multipart(fields),
        "text/plain": "grant_type=password",
    }
    for content_type, text in encodings.items():
        response = client.post(URL, text, content_type=content_type)
        assert refusal(response) == (400, "INVALID_REQUEST", NOT_A_FORM)


class Unreadable(BytesIO):
    """A body that nobody may read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def test_a_file_is_not_even_read_so_that_nobody_fills_the_disk(
    cast: Cast, client: Client
) -> None:
    environ: dict[str, Any] = {"wsgi.input": Unreadable(), "CONTENT_LENGTH": "99999999"}
    response = client.generic(
        "POST", URL, b"-", "multipart/form-data; boundary=x", **environ
    )
    assert refusal(response) == (400, "INVALID_REQUEST", NOT_A_FORM)


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-7", "utf-16"])
def test_a_form_in_another_charset_is_refused(
    charset: str, cast: Cast, client: Client
) -> None:
    content_type = f"{FORM}; charset={charset}"
    response = client.generic("POST", URL, b"grant_type=password", content_type)
    assert refusal(response) == (400, "INVALID_REQUEST", "The body is not a form")


def test_a_form_that_says_it_is_utf_8_is_read(cast: Cast, client: Client) -> None:
    response = client.generic(
        "POST", URL, b"grant_type=password", f"{FORM}; charset=utf-8"
    )
    message = "Missing parameter: username"
    assert refusal(response) == (400, "INVALID_REQUEST", message)


def test_a_body_that_is_too_large_is_413(cast: Cast, client: Client) -> None:
    response = client.generic("POST", URL, b"a=" + b"x" * 10_000_000, FORM)
    message = "The body is longer than 2621440 bytes"
    assert refusal(response) == (413, "INVALID_REQUEST", message)


class BrokenPipe(BytesIO):
    """The input of a client that went away in the middle of its body."""

    def read(self, *_: object) -> bytes:
        raise OSError("connection reset by peer")


def test_a_body_that_breaks_off_is_refused(cast: Cast, client: Client) -> None:
    broken: dict[str, Any] = {"wsgi.input": BrokenPipe()}
    response = client.generic("POST", URL, b"grant_type=password", FORM, **broken)
    message = "The body could not be read"
    assert refusal(response) == (400, "INVALID_REQUEST", message)


def test_the_form_needs_no_csrf_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    endpoint = Endpoint(client)
    assert endpoint.claims(endpoint.post(**password_form(cast)))["sub"] == "acme+ci"
