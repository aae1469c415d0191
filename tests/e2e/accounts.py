"""Who logs in, and the list of secrets that no log may hold."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Account:
    """A user name, and the password or robot token that goes with it."""

    name: str
    secret: str = field(repr=False)

    def with_secret(self, secret: str) -> "Account":
        return replace(self, secret=secret)

    @property
    def basic(self) -> str:
        """The value of `Authorization: Basic`."""
        return base64.b64encode(f"{self.name}:{self.secret}".encode()).decode()


class Canaries:
    """Every secret that was used so far, in each form in which it travels."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, secret: str) -> None:
        self._texts.add(secret)

    def add_account(self, account: Account) -> None:
        self._texts |= {account.secret, account.basic.rstrip("=")}

    def __len__(self) -> int:
        return len(self._texts)

    def found_in(self, text: str) -> Iterator[str]:
        """The beginning of each secret that `text` holds; never the whole of it."""
        return (f"{secret[:4]}..." for secret in self._texts if secret in text)
