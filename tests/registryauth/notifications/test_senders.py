"""Whose notifications are believed."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.conftest import Cast
from tests.registryauth.endpoint import basic
from tests.registryauth.envelopes import envelope
from tests.registryauth.notifications.sending import (
    OTHER_TOKEN,
    TOKEN,
    event,
    post,
    refusal,
    stored,
)


@pytest.mark.parametrize("token", [TOKEN, OTHER_TOKEN])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_each_token_of_the_settings_is_believed(
    scheme: str, token: str, cast: Cast
) -> None:
    response = post(envelope(event()), authorization=f"{scheme} {token}")
    assert response.status_code == 204


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}n",
        f"Bearer {TOKEN[:-1]}N",
        f"Bearer {TOKEN}, {OTHER_TOKEN}",
        f"Bearer {TOKEN},",
        "Bearer \u00e9\u00ff",
        "Bearer " + "n" * 100_000,
    ],
    ids=lambda value: repr(value)[:30],
)
def test_nothing_else_is(authorization: str | None, cast: Cast) -> None:
    before = stored()
    body = envelope(event("acme/new", "push"), event())
    response = post(body, authorization=authorization)
    message = "Authorization: Bearer and a notification token is needed"
    assert refusal(response) == (401, message)
    assert response["WWW-Authenticate"] == 'Bearer realm="registry notifications"'
    assert stored() == before


def test_a_registry_token_of_ours_is_no_notification_token(cast: Cast) -> None:
    login = Client().get(
        "/v2/auth",
        query_params={"scope": "repository:acme/web:pull"},
        headers={"Authorization": basic("acme+ci", cast.ci_secret)},
    )
    bearer = json.loads(login.content)["token"]
    response = post(envelope(event()), authorization=f"Bearer {bearer}")
    assert response.status_code == 401


@pytest.mark.parametrize("weak", ["n", "n" * 31, "n" * 31 + "\u00e9", "nn " * 20])
def test_a_token_that_could_be_guessed_is_never_accepted(
    weak: str, cast: Cast, settings: Settings
) -> None:
    """The system check names it, and a server may run without the checks."""
    settings.REGISTRY_NOTIFICATION_TOKENS = [weak]
    before = stored()
    response = post(envelope(event()), authorization=f"Bearer {weak}")
    assert response.status_code == 401
    assert stored() == before
    settings.REGISTRY_NOTIFICATION_TOKENS = [weak, TOKEN]
    assert post(envelope(event())).status_code == 204


@pytest.mark.parametrize("unset", ["", ",", " , ", [], ()], ids=repr)
@pytest.mark.parametrize("authorization", [None, "Bearer ", f"Bearer {TOKEN}"])
def test_without_a_token_in_the_settings_there_is_no_such_address(
    unset: Any, authorization: str | None, cast: Cast, settings: Settings
) -> None:
    settings.REGISTRY_NOTIFICATION_TOKENS = unset
    before = stored()
    response = post(envelope(event("acme/new")), authorization=authorization)
    assert refusal(response) == (404, "Not found")
    assert stored() == before


def test_a_refusal_is_logged_without_the_token(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    post(b"{}", authorization="Bearer not-the-token")
    assert "notification refused" in caplog.text
    assert "not-the-token" not in caplog.text
    post(b"{")
    assert TOKEN not in caplog.text
