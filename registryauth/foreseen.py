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
        """`read` raises an EndpointError for what cannot be read.

        It is read again then: an error that is kept keeps the request's secret alive.
        """
        self._read = read
        self._wish: Wish | None = None
        self.grants: LoginGrants | None = None
        try:
            self._wish = wish = read()
        except EndpointError:
            return
        named = [scope.repository for scope in wish.scopes if scope.repository]
        if named:
            self.grants = LoginGrants(named)

    def wish(self) -> Wish:
        """The wish, now that it is known who asks. Raises what `read` raised."""
        return self._read() if self._wish is None else self._wish
