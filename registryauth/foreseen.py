"""What a request wants, read before it is known who asks.

So that a robot's login can find its grants on the way. What is wrong with the wish is
said afterwards: who may not come in is told that, and nothing else.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from registryauth.errors import EndpointError
from registryauth.scopes import Scope
from robots.login_grants import LoginGrants


class Wish(NamedTuple):
    """For which registry a token is wanted, for what, and whether to be refreshed."""

    service: str
    scopes: Sequence[Scope]
    wants_refresh_token: bool


class Foreseen:
    """A wish that may turn out to be unreadable."""

    def __init__(self, read: Callable[[], Wish]) -> None:
        """`read` raises an EndpointError for what cannot be read."""
        self._read: Wish | EndpointError
        self.grants: LoginGrants | None = None
        try:
            self._read = read()
        except EndpointError as error:
            self._read = error
        else:
            scopes = self._read.scopes
            named = [scope.repository for scope in scopes if scope.repository]
            self.grants = LoginGrants(named) if named else None

    def wish(self) -> Wish:
        """The wish, now that it is known who asks. Raises what `read` raised."""
        if isinstance(self._read, EndpointError):
            raise self._read
        return self._read
