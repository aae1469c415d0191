"""S-24: a fresh site has no account, no password and no secret that others share."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from robots.models import Robot, RobotToken
from tests.registryauth.endpoint import Endpoint, basic

PAIRS = [
    ("admin", "admin"),
    ("admin", "password"),
    ("admin", ""),
    ("quaysite", "quaysite"),
    ("quayadmin", "password"),
    ("root", "root"),
]


def test_s24_a_migrated_database_holds_no_account(db: None) -> None:
    assert not get_user_model()._default_manager.exists()
    assert not Robot.objects.exists()
    assert not RobotToken.objects.exists()


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_s24_no_well_known_password_logs_in(
    pair: tuple[str, str], db: None, endpoint: Endpoint
) -> None:
    assert endpoint.get(login=basic(*pair)).status_code == 401


def test_s24_no_secret_is_written_in_the_settings() -> None:
    text = Path(settings.BASE_DIR, "quaysite", "settings.py").read_text()
    assert settings.SECRET_KEY not in text
    assert settings.ROBOTS_SECRET_KEYS not in text
    assert settings.SECRET_KEY != settings.ROBOTS_SECRET_KEYS
