"""Requests that are no notifications."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import Settings

from robots.models import Repository
from robots.usage import usage
from tests.conftest import Cast
from tests.registryauth.envelopes import JSON, envelope
from tests.registryauth.notifications.sending import (
    TOKEN,
    URL,
    V2,
    event,
    post,
    refusal,
    stored,
    uses,
)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(method: str, cast: Cast) -> None:
    response = post(envelope(event()), method=method)
    assert (response.status_code, response["Allow"]) == (405, "POST")


TOO_LONG = (413, "The body is longer than 1048576 bytes")


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{", V2, (400, "The body is not JSON")),
        (b"[]", V2, (400, 'The body is no envelope: {"events": [...]}')),
        (b"[" * 900_000, V2, (400, "The body is not JSON")),
        (b"\xff", V2, (400, "The body is not JSON")),
        (b"{}" + b" " * 1024 * 1024, V2, TOO_LONG),
        (b" " * 3_000_000, V2, TOO_LONG),
        (b"{}", "text/plain", (415, "The body must be JSON")),
        (b"events=1", "application/x-www-form-urlencoded",
         (415, "The body must be JSON")),
        (b"--x", "multipart/form-data; boundary=x", (415, "The body must be JSON")),
    ],
    ids=lambda value: repr(value)[:24],
)  # fmt: skip
def test_other_bodies_are_refused(
    body: bytes, content_type: str, expected: tuple[int, str], cast: Cast
) -> None:
    before = stored()
    assert refusal(post(body, content_type=content_type)) == expected
    assert stored() == before


@pytest.mark.parametrize("length", ["x", "1x", "0x10"])
def test_a_length_that_is_no_number_is_refused(length: str, cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    body = envelope(event("acme/new"))
    before = stored()
    response = client.generic(
        "POST",
        URL,
        body,
        V2,
        headers={"Authorization": f"Bearer {TOKEN}"},
        CONTENT_LENGTH=length,
    )
    assert refusal(response) == (400, "The body could not be read")
    assert stored() == before


def test_the_bound_of_the_whole_site_holds_too(cast: Cast, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    before = stored()
    assert refusal(post(envelope(event("acme/new")))) == TOO_LONG
    assert stored() == before


def test_a_body_of_a_mebibyte_is_read(cast: Cast) -> None:
    body = envelope(event())
    tell_all = body + b" " * (1024 * 1024 - len(body))
    assert post(tell_all).status_code == 204
    usage.flush()
    assert len(uses()) == 1


@pytest.mark.parametrize("kind", ["application/json", V2, f"{V2}; charset=utf-8"])
def test_content_types_that_registries_send(kind: str, cast: Cast) -> None:
    assert post(envelope(event()), content_type=kind).status_code == 204


def test_a_database_that_is_away_is_asked_again_later(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(execute: Callable[..., Any], *arguments: Any) -> Any:
        raise OperationalError("away")

    with connection.execute_wrapper(away):
        response = post(envelope(event()))
    assert response.status_code == 503
    assert response["Retry-After"]


@given(document=JSON)
@hypothesis_settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_makes_it_fail(cast: Cast, document: Any) -> None:
    before = Repository.objects.count()
    for body in (json.dumps(document).encode(), envelope(document)):
        assert post(body).status_code in {204, 400}
    assert Repository.objects.count() == before
