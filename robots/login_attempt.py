"""Who tries to log in, with what, and from where: what failed logins are counted by."""

import hashlib
import hmac
from enum import StrEnum
from typing import NamedTuple

from robots import keyring
from robots.origin import source_of

_PURPOSE = "failed logins"


class Shown(StrEnum):
    """What somebody shows. Of these people chose passwords alone, so they are guessed.

    A token names nobody: the user name beside it is `$app` or `$oauthtoken`.
    """

    ROBOT_SECRET = "robot"  # noqa: S105
    APPLICATION_SECRET = "application"  # noqa: S105
    TOKEN = "token"  # noqa: S105
    PASSWORD = "password"  # noqa: S105


class Attempt(NamedTuple):
    """A login as `name`, however that is written, from an address or from none."""

    shown: Shown
    name: str
    address: str | None

    @property
    def source(self) -> str | None:
        """Whoever has the address; None where it is not known."""
        return source_of(self.address)

    def pair_key(self) -> str:
        """What the pair of name and source is counted by.

        E-mail addresses are found in any case, so the case of a name does not count.
        Keyed, so that whoever reads the cache learns neither names nor addresses.
        """
        return _digest("pair", self.shown, self.source or "", self.name.upper())

    def source_key(self) -> str:
        """What the source is counted by, whatever names it tries: passwords apart."""
        kind = "password" if self.shown is Shown.PASSWORD else "secret"
        return _digest("source", kind, self.source or "")


def _digest(*parts: str) -> str:
    # None but the last can hold a NUL.
    text = "\x00".join(parts).encode("utf-8", "surrogatepass")
    key = keyring.current_key(_PURPOSE)
    return hmac.digest(key, text, hashlib.sha256).hex()
