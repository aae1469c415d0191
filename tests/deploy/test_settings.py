"""Every setting that a file of `deploy` names is one that Quaysite reads."""

import pytest

from tests.deploy.files import DEPLOY, assignments, compose, manifests
from tests.quaysite.test_settings_page import ROWS

NO_SETTINGS = {"PATH", "PYTHON", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
"""Variables of the image that are others' business."""


def in_container_file() -> set[str]:
    text = (DEPLOY / "container" / "Containerfile").read_text()
    (_, _, block) = text.partition("\nENV ")
    block = block.partition("\nWORKDIR")[0].replace("\\\n", " ")
    return {word.partition("=")[0] for word in block.split()} - NO_SETTINGS


def in_manifests() -> set[str]:
    (settings,) = (one for one in manifests() if one["kind"] == "ConfigMap")
    return set(settings["data"])


def in_compose() -> set[str]:
    return set(compose()["services"]["quaysite-1"]["environment"])


NAMED = {
    "container": in_container_file(),
    "compose": in_compose(),
    "kubernetes": in_manifests(),
    "systemd": set(assignments(DEPLOY / "systemd" / "quaysite.env")),
}


@pytest.mark.parametrize("kind", NAMED)
def test_every_setting_that_is_named_exists(kind: str) -> None:
    assert len(NAMED[kind]) > 2
    assert {name.removesuffix("_FILE") for name in NAMED[kind]} <= set(ROWS)


@pytest.mark.parametrize("kind", ["compose", "kubernetes", "systemd"])
def test_what_several_servers_need_in_common_is_set(kind: str) -> None:
    common = {
        "SERVER_HOSTNAME",
        "REGISTRY_SERVICES",
        "TRUSTED_PROXY_COUNT",
        "CACHE_URL",
        "SECRET_KEY_FILE",
        "ROBOTS_SECRET_KEYS_FILE",
        "REGISTRY_SIGNING_KEYS_DIR",
    }
    assert common <= NAMED[kind]
    assert NAMED[kind] & {"DATABASE_URL", "DATABASE_URL_FILE"}
