"""API clients over real HTTP, and tokens to call it with."""

from collections.abc import Callable

import pytest
from django.core.servers.basehttp import WSGIServer
from pytest_django.live_server_helper import LiveServer

from quaysite.models import User
from tests.api import counted
from tests.api.client import Client
from tests.api.local import LocalClient, LocalUser
from tests.api.tokens import bearer
from tests.conftest import Cast

# Fifty clients that call at once wait for their turn; ten would be let in, and the
# connections of the others reset.
WSGIServer.request_queue_size = 128

ALL_SCOPES = (
    "repo:read repo:write repo:admin repo:create"
    " user:read user:admin org:admin super:user"
)


@pytest.fixture
def api(live_server: LiveServer) -> Client:
    """An anonymous client."""
    return Client(live_server.url)


@pytest.fixture
def as_user(live_server: LiveServer) -> Callable[..., Client]:
    """`as_user(person, scope=...)`: a client with a bearer token of that person."""

    def build(user: User, scope: str = ALL_SCOPES) -> Client:
        return Client(live_server.url, bearer(user, scope))

    return build


@pytest.fixture
def local(db: None) -> LocalClient:
    """An anonymous client without a socket."""
    return LocalClient()


@pytest.fixture
def local_user(db: None) -> LocalUser:
    """`local_user(person, scope=...)`: as `as_user`, without a socket."""

    def build(user: User, scope: str = ALL_SCOPES) -> LocalClient:
        return LocalClient(bearer(user, scope))

    return build


@pytest.fixture
def alice(cast: Cast, local_user: LocalUser) -> LocalClient:
    """The owner of acme, without a socket."""
    return local_user(cast.alice)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how much generated input there was."""
    if counted.requests:
        terminalreporter.write_line(f"{counted.requests} generated requests were sent")
