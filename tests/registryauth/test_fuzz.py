"""Anything at all, sent to /v2/: no answer of 500 or more, and nothing stored.

Those who ask may not create; so whatever the requests say, every table keeps its
rows. The same examples are tried each time where CI=true.
"""

import os
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import Cast
from tests.registryauth.endpoint import FORM, URL, Endpoint, basic, refusal

BOUNDED = settings(
    max_examples=200,
    deadline=None,
    database=None,
    derandomize=os.environ.get("CI", "").lower() == "true",
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

METHODS = ["GET", "HEAD", "POST"]
AWKWARD = ["\x00", "\ud800", "%00", "%ff", "\r\n", "+", ":", "/", ",", "*", "é", "世"]

octets = st.binary(max_size=300).map(lambda raw: raw.decode("latin-1"))
"""Any bytes, in the form in which WSGI hands over bytes."""

words = st.sampled_from(
    ["repository", "registry", "acme", "web", "catalog", "pull", "push", "(", ")"]
)
scopes = st.lists(st.sampled_from(AWKWARD) | words | st.text(max_size=5)).map("".join)
fields = st.dictionaries(
    st.sampled_from(
        ["scope", "service", "account", "client_id", "offline_token", "grant_type"]
        + ["username", "password", "refresh_token", "access_type"]
    ),
    st.lists(
        st.text(max_size=50)
        | scopes
        | st.sampled_from(["password", "refresh_token", "true", "acme+ci", "qsr.a:b"]),
        max_size=3,
    ),
)

ANY_TEXT = ("utf-8", "surrogatepass")
"""How to encode text that may hold lone surrogates."""


def counts() -> tuple[int, ...]:
    """Rows in every table, in one query."""
    quote = connection.ops.quote_name
    tables = sorted(model._meta.db_table for model in apps.get_models())
    each = [f"(SELECT COUNT(*) FROM {quote(table)})" for table in tables]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(each)}")
        row: tuple[int, ...] = cursor.fetchone()
    return row


def percent_encoded(values: dict[str, list[str]]) -> str:
    """A query or form, in which even lone surrogates are percent-encoded bytes."""
    return "&".join(
        f"{name}={''.join(f'%{byte:02X}' for byte in value.encode(*ANY_TEXT))}"
        for name, several in values.items()
        for value in several
    )


class Prober:
    """Sends a request and holds the answer to what every answer must be."""

    def __init__(self, client: Client, before: tuple[int, ...]) -> None:
        self.client = client
        self.before = before

    def send(self, method: str, path: str, body: bytes = b"", **environ: Any) -> None:
        response = self.client.generic(
            method, path, body, environ.pop("CONTENT_TYPE", FORM), **environ
        )
        assert response.status_code < 500
        if path == URL and response.status_code != 200 and method != "HEAD":
            refusal(response)
        assert counts() == self.before


@pytest.fixture
def prober(cast: Cast, client: Client) -> Prober:
    return Prober(client, counts())


@pytest.fixture
def logins(cast: Cast) -> list[str]:
    return [basic("acme+ci", cast.ci_secret), basic("bob"), "Basic x", ""]


@BOUNDED
@given(method=st.sampled_from(METHODS), query=octets)
@example(method="GET", query="scope=%00&service=%ff")
@example(method="GET", query="scope=%ed%a0%80:x:pull")
@example(method="GET", query="&" * 1001 + "scope=x")
@example(method="GET", query="a=&" * 1001)
@example(method="GET", query="%&%1&%zz=%zz")
def test_any_query(prober: Prober, method: str, query: str) -> None:
    prober.send(method, URL, QUERY_STRING=query)


@BOUNDED
@given(values=fields, login=st.sampled_from([0, 1, 2, 3, None]))
def test_any_parameters(
    prober: Prober,
    logins: list[str],
    values: dict[str, list[str]],
    login: int | None,
) -> None:
    headers: dict[str, Any] = (
        {} if login is None else {"HTTP_AUTHORIZATION": logins[login]}
    )
    prober.send("GET", URL, QUERY_STRING=percent_encoded(values), **headers)


@BOUNDED
@given(scope=scopes)
@example(scope="repository:acme/web\x00:pull")
@example(scope="repository:acme/\ud800:pull")
@example(scope="other:\x00\ud800:pull")
@example(scope="x" * 100_000)
@example(scope="repository:" + "a/" * 50_000 + "a:pull,push")
def test_any_scope(prober: Prober, logins: list[str], scope: str) -> None:
    query = percent_encoded({"scope": [scope]})
    prober.send("GET", URL, QUERY_STRING=query, HTTP_AUTHORIZATION=logins[0])
    prober.send("GET", URL, QUERY_STRING=query)


@BOUNDED
@given(header=octets, good_scheme=st.booleans())
@example(header="\x00", good_scheme=True)
def test_any_authorization(prober: Prober, header: str, good_scheme: bool) -> None:
    value = f"Basic {header}" if good_scheme else header
    query = "scope=repository:acme/public:pull"
    prober.send("GET", URL, QUERY_STRING=query, HTTP_AUTHORIZATION=value)


@BOUNDED
@given(pair=st.text(max_size=100) | st.lists(st.sampled_from(AWKWARD)).map("".join))
@example(pair="a\x00b@c:x")
@example(pair="@:x")
@example(pair="acme+ci\x00:x")
@example(pair="x" * 100_000 + ":" + "y" * 100_000)
def test_any_user_name_and_password(prober: Prober, pair: str) -> None:
    raw = pair.encode("utf-8", "replace").decode()
    name, _, secret = raw.partition(":")
    prober.send("GET", URL, HTTP_AUTHORIZATION=basic(name, secret))


@BOUNDED
@given(
    names=st.dictionaries(
        st.sampled_from(["HTTP_X_REQUEST_ID", "HTTP_X_FORWARDED_FOR", "HTTP_COOKIE"])
        | st.sampled_from(["REMOTE_ADDR", "HTTP_ACCEPT", "HTTP_REFERER"]),
        octets,
    )
)
def test_any_other_header(prober: Prober, names: dict[str, Any]) -> None:
    prober.send("GET", URL, QUERY_STRING="scope=registry:catalog:*", **names)


@BOUNDED
@given(body=st.binary(max_size=1000), content_type=st.sampled_from([FORM, "", "a/b"]))
@example(
    body=b"grant_type=password&username=%ff%00&password=%ed%a0%80", content_type=FORM
)
@example(body=b"grant_type=password&username=a%2B%00&password=%00", content_type=FORM)
@example(body=b"a=" + b"x" * 10_000_000, content_type=FORM)
@example(body=b"\x00" * 10_000_000, content_type="application/octet-stream")
def test_any_body(prober: Prober, body: bytes, content_type: str) -> None:
    prober.send("POST", URL, body, CONTENT_TYPE=content_type)


@BOUNDED
@given(values=fields, method=st.sampled_from(["POST", "PUT"]))
def test_any_form(prober: Prober, values: dict[str, list[str]], method: str) -> None:
    prober.send(method, URL, percent_encoded(values).encode())


@BOUNDED
@given(token=st.text(max_size=100) | scopes)
@example(token="qsr.\x00")
@example(token="qsr.\ud800:\ud800")
@example(token="qsr." + "A" * 100_000)
def test_any_refresh_token(prober: Prober, token: str) -> None:
    form = {"grant_type": ["refresh_token"], "refresh_token": [token]}
    prober.send("POST", URL, percent_encoded(form).encode())


@BOUNDED
@given(method=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_!#", min_size=1, max_size=20))
@example(method="OPTIONS")
@example(method="CONNECT")
@example(method="DISPATCH")
@example(method="HTTP_METHOD_NOT_ALLOWED")
def test_any_other_method_is_405_with_allow(
    cast: Cast, endpoint: Endpoint, method: str
) -> None:
    if method in METHODS:
        return
    response = endpoint.get("repository:acme/public:pull", method=method)
    assert refusal(response) == (405, "UNSUPPORTED", "Use GET or POST")
    assert response["Allow"] == "GET, HEAD, POST"


@BOUNDED
@given(
    path=st.lists(
        st.text(max_size=10)
        | st.sampled_from([*AWKWARD, "auth", "..", "//", "_catalog"])
    ).map("".join),
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE"]),
)
@example(path="auth/", method="GET")
@example(path="auth%00", method="GET")
@example(path="%ff%fe", method="GET")
def test_any_path_below_v2(prober: Prober, path: str, method: str) -> None:
    raw = "".join(f"%{byte:02X}" for byte in path.encode(*ANY_TEXT))
    prober.send(method, f"/v2/{raw}")
    prober.send(
        method, "/v2/", PATH_INFO=f"/v2/{path}".encode(*ANY_TEXT).decode("latin-1")
    )
