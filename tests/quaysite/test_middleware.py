"""For every request: an id for the logs, and 503 while the database is away."""

import re

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from quaysite.middleware import DatabaseDownMiddleware, RequestIdMiddleware
from robots.origin import origin_of
from tests import factories

MADE = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize(
    "request_id", ["12345678", "a" * 64, "trace-0001", "A.b_c-d.e_f", "0" * 32]
)
def test_a_harmless_id_of_the_proxy_is_kept(request_id: str, client: Client) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": request_id})
    assert response["X-Request-ID"] == request_id


@pytest.mark.parametrize(
    "request_id",
    [
        "",
        "short",
        "a" * 65,
        "with space",
        "line\nbreak",
        "12345678\n",
        "<script>",
        "é" * 9,
    ],
    ids=repr,
)
def test_any_other_id_is_replaced(request_id: str, client: Client) -> None:
    response = client.get("/healthz", HTTP_X_REQUEST_ID=request_id)
    assert MADE.fullmatch(response["X-Request-ID"])


def test_each_request_gets_an_id_of_its_own(client: Client) -> None:
    ids = {client.get("/healthz")["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


def test_errors_carry_the_id_too(client: Client, db: None) -> None:
    assert MADE.fullmatch(client.get("/no/such/page")["X-Request-ID"])
    assert MADE.fullmatch(client.get("/v2/auth")["X-Request-ID"])


def test_the_view_sees_the_id_that_is_answered() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(origin_of(request).request_id)
        return HttpResponse()

    response = RequestIdMiddleware(view)(RequestFactory().get("/"))
    assert seen == [response["X-Request-ID"]]


class Lost:
    """Fails every statement, as a connection does that is gone."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *_: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("gone"),
        InterfaceError("gone"),
        InternalError("read-only standby"),
        DatabaseError("file is not a database"),
    ],
)
def test_a_page_without_a_database_is_503_with_retry_after(
    error: Exception, db: None, client: Client
) -> None:
    client.force_login(factories.user("root", is_staff=True, is_superuser=True))
    with connection.execute_wrapper(Lost(error)):
        response = client.get("/admin/")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    message = "The service is temporarily unavailable."
    assert response.json() == {"message": message}
    assert "X-Request-ID" in response


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("taken"),
        ProgrammingError("bad"),
        DataError("bad"),
        ValueError("bug"),
    ],
)
def test_an_error_of_our_own_is_not_called_an_outage(error: Exception) -> None:
    middleware = DatabaseDownMiddleware(lambda _: HttpResponse())
    request = RequestFactory().get("/")
    assert middleware.process_exception(request, error) is None
    assert middleware(request).status_code == 200
