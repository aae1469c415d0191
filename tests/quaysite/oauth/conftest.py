"""An application, and a person whose browser it sends to us."""

import pytest
from django.test import Client

from quaysite.lifecycle.applications import Details, create_application
from quaysite.models import Application
from tests import factories
from tests.conftest import Cast
from tests.quaysite.oauth.flows import CALLBACK, browser


@pytest.fixture
def application(cast: Cast) -> Application:
    details = Details("CI <script>", redirect_uri=CALLBACK, description="Builds")
    return create_application(cast.acme, details, factories.BY)


@pytest.fixture
def bob(cast: Cast) -> Client:
    return browser(cast.bob)
