"""The tokens that registries show here."""

import pytest
from pytest_django.fixtures import Settings

from tests.registryauth.notifications.sending import OTHER_TOKEN, TOKEN


@pytest.fixture(autouse=True)
def accepted(settings: Settings) -> None:
    settings.REGISTRY_NOTIFICATION_TOKENS = f"{TOKEN}, {OTHER_TOKEN}"
