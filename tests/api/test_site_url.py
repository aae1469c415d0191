"""Every address of the site that clients are told is the same one."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.api.documents import openapi_document
from tests.api.local import LocalClient
from tests.conftest import Cast

BY_DEFAULT = "https://127.0.0.1:8000"
"""As docs/settings.md has it, where a project says nothing."""


@pytest.fixture(autouse=True)
def own_document() -> Iterator[None]:
    """A process makes the OpenAPI document once, and other tests want theirs."""
    openapi_document.cache_clear()
    yield
    openapi_document.cache_clear()


def test_a_project_that_names_no_host_has_one_address(
    cast: Cast,
    client: Client,
    local_user: Callable[..., LocalClient],
    settings: Settings,
) -> None:
    alice = local_user(cast.alice)
    del settings.SERVER_HOSTNAME, settings.PREFERRED_URL_SCHEME

    challenge = client.get("/v2/").headers["WWW-Authenticate"]
    assert f'realm="{BY_DEFAULT}/v2/auth"' in challenge

    missing = alice.get("/api/v1/organization/nothing")
    assert missing.status == 404
    assert missing.json["type"] == f"{BY_DEFAULT}/api/v1/error/not_found"

    flows = json.loads(alice.get("/api/schema/?format=json").text)["components"][
        "securitySchemes"
    ]["oauth2"]["flows"]["implicit"]
    assert flows["authorizationUrl"] == f"{BY_DEFAULT}/oauth/authorize"

    presets = alice.get("/api/v1/federation/presets").json["presets"]
    (kubernetes,) = (one for one in presets if one["slug"] == "kubernetes")
    (audience,) = (one for one in kubernetes["fields"] if one["name"] == "audience")
    assert audience["default"] == [BY_DEFAULT]
