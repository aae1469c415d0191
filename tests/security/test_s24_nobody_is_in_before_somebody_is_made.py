"""S-24: a site that nobody set up serves, and lets in nobody by any door."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings as django_settings
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.checks import check_secret_keys
from robots.models import Namespace
from tests.api.local import LocalClient
from tests.federation.exchanges import Exchange
from tests.federation.signer import Signer

pytestmark = pytest.mark.django_db
DEPLOY = Path(django_settings.BASE_DIR, "deploy")
EXAMPLE = DEPLOY / "kubernetes" / "secret.example.yaml"
_SAID = re.compile(
    r"(?m)^[ \t]*-?[ \t]*([A-Z_]*(?:PASSWORD|SECRET|TOKEN|KEYS?))[ \t]*[:=][ \t]*(\S+)"
)


@pytest.mark.parametrize("password", ["admin", "password", "quaysite", "changeme", ""])
@pytest.mark.parametrize("username", ["admin", "root", "quaysite", "quayadmin"])
def test_s24_no_well_known_password_signs_in(username: str, password: str) -> None:
    api, page = LocalClient(), Client()
    api.csrf = api.get("/csrf_token").json["csrf_token"]
    pair = {"username": username, "password": password}
    assert api.post("/api/v1/signin", pair).status in {400, 403}
    assert page.post("/sign-in/", pair).status_code == 200
    assert "_auth_user_id" not in page.session
    assert page.get("/admin/").status_code == 302
    assert not User.objects.exists()


def test_s24_no_stranger_makes_the_first_person_unless_the_operator_says_so() -> None:
    api = LocalClient()
    api.csrf = api.get("/csrf_token").json["csrf_token"]
    body = {
        "username": "mallory",
        "password": "a-long-password",
        "email": "m@m.example",
    }
    assert api.post("/api/v1/user/initialize", body).status == 400
    assert api.post("/api/v1/user/", body).status in {403, 404}
    assert api.post("/api/v1/superuser/users/", body).status in {401, 403}
    assert not User.objects.exists()
    assert not Namespace.objects.exists()


def test_s24_no_issuer_is_trusted_from_the_start(client: Client) -> None:
    assert Exchange(client).get(Signer().token()).status_code == 401


def test_s24_no_file_to_deploy_with_says_a_secret() -> None:
    """What asks for one says where it is; the example's own stop the start."""
    files = {*DEPLOY.rglob("*.y*ml"), *DEPLOY.rglob("*.env*")} - {EXAMPLE}
    assert len(files) > 4
    for file in files:
        for name, value in _SAID.findall(file.read_text()):
            assert value.startswith(("$", "{", "/", "./", "[")), (file.name, name)


def test_s24_the_example_of_a_secret_does_not_start(settings: Settings) -> None:
    """Else a site that was set up in a hurry would have keys that all the world has."""
    example = yaml.safe_load(EXAMPLE.read_text())["stringData"]
    settings.SECRET_KEY = example["secret_key"]
    settings.ROBOTS_SECRET_KEYS = example["robots_secret_keys"]
    assert "robots.E001" in [found.id for found in check_secret_keys()]
