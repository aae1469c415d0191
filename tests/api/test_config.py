"""`GET /config`: what web clients ask first (contract M3)."""

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.api.local import LocalClient

pytestmark = pytest.mark.django_db


def test_it_tells_anybody_what_the_site_can_do(
    local: LocalClient,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        answer = local.get("/config")
    assert answer.status == 200
    told = answer.json
    assert list(told) == [
        "config",
        "features",
        "oauth",
        "external_login",
        "registry_state",
        "account_recovery_mode",
        "version_number",
    ]
    assert told["external_login"] == []
    assert told["registry_state"] == "normal"
    assert told["account_recovery_mode"] is False
    config = told["config"]
    assert config["AUTHENTICATION_TYPE"] == "Database"
    assert config["SERVER_HOSTNAME"] == settings.SERVER_HOSTNAME
    assert config["ROBOTS_DISALLOW"] is False
    assert config["TAG_EXPIRATION_OPTIONS"] == ["0s", "1d", "1w", "2w", "4w"]
    assert config["FRESH_LOGIN_TIMEOUT"] == "600s"
    assert config["APP_SPECIFIC_TOKEN_EXPIRATION"] is None
    for secret in (settings.SECRET_KEY, settings.ROBOTS_SECRET_KEYS):
        assert secret not in answer.text


def test_features_are_booleans_and_follow_their_settings(
    local: LocalClient, settings: Settings
) -> None:
    features = local.get("/config").json["features"]
    assert len(features) >= 80
    assert {type(value) for value in features.values()} == {bool}
    on = {name for name, value in features.items() if value}
    assert {"SUPER_USERS", "DIRECT_LOGIN", "APP_SPECIFIC_TOKENS"} <= on
    assert not on & {"USER_CREATION", "MAILING", "BILLING", "REPO_MIRROR", "TEAM_SYNC"}
    settings.FEATURE_USER_CREATION = True
    settings.FEATURE_APP_SPECIFIC_TOKENS = False
    settings.ROBOTS_DISALLOW = True
    settings.APP_SPECIFIC_TOKEN_EXPIRATION = 60
    told = local.get("/config").json
    assert told["features"]["USER_CREATION"] is True
    assert told["features"]["APP_SPECIFIC_TOKENS"] is False
    assert told["config"]["ROBOTS_DISALLOW"] is True
    assert told["config"]["APP_SPECIFIC_TOKEN_EXPIRATION"] == "60s"


def test_it_is_only_read(local: LocalClient) -> None:
    assert local.send("HEAD", "/config", None, {}).status == 200
    local.csrf = local.get("/csrf_token").json["csrf_token"]
    assert local.put("/config", {}).status in {403, 405}
