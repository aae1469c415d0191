"""A robot whose secret another registry kept as a hash."""

import pytest

from robots.models import Robot
from tests import factories
from tests.conftest import Cast
from tests.registryauth.first_login.imported import SECRET


@pytest.fixture
def imported(cast: Cast) -> Robot:
    """acme+ci, which has no token, and a secret that is known as a hash only."""
    cast.ci.tokens.all().delete()
    factories.imported_secret(cast.ci, SECRET)
    return cast.ci
