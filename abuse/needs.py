"""What a run is given: a small TOML or JSON file, read strictly.

A secret is `env:NAME`, `file:PATH`, or the text itself.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any


class NeedsInvalid(Exception):
    """The file cannot be used; the text names the place."""


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot account, a repository it may use, and one of its namespace it may not.

    `may` are all its actions on `repository`. `forbidden` exists and is private.
    """

    name: str
    secret: str = field(repr=False)
    repository: str = ""
    may: tuple[str, ...] = ("pull",)
    forbidden: str = ""

    @property
    def namespace(self) -> str:
        """What its repository is in."""
        return self.repository.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a password at the token endpoint."""

    name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Api:
    """A REST API in Quay's format: `url` ends with /api/v1.

    `token` administers `namespace`, `other_token` another one; neither may anything
    in the other's. `auditor_token` reads everything of the site.
    """

    url: str
    namespace: str
    token: str = field(repr=False)
    other_namespace: str = ""
    other_token: str = field(default="", repr=False)
    auditor_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where a token of an issuer becomes one of a robot.

    `style` is `quay` (GET, Basic), `rfc8693` (POST) or `password` (the token is the
    password at the token endpoint). The rest is a trust that exists already, with the
    private key of its issuer; without it the kit makes its own with the API.
    """

    url: str = ""
    style: str = "quay"
    robot: str = ""
    issuer: str = ""
    subject: str = ""
    audience: str = ""
    key_file: str = ""
    kid: str = ""
    algorithm: str = "RS256"
    single_use: bool = False


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer that the kit runs: where it listens, and how the service sees it."""

    listen: str = "127.0.0.1:0"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """All of it. What is None leaves the cases that need it without a verdict.

    `max_lifetime` is how many seconds a registry token may live at most.
    """

    realm: str = ""
    service: str = ""
    max_lifetime: int = 3600
    robot: Robot | None = None
    other_robot: Robot | None = None
    person: Person | None = None
    api: Api | None = None
    exchange: Exchange | None = None
    issuer: Issuer | None = None


_PARTS = {
    "robot": Robot,
    "other_robot": Robot,
    "person": Person,
    "api": Api,
    "exchange": Exchange,
    "issuer": Issuer,
}
_SECRETS = {"secret", "token", "other_token", "auditor_token"}
_STYLES = ("quay", "rfc8693", "password")


def read(path: Path) -> Needs:
    """The needs in a file. Raises NeedsInvalid."""
    try:
        text = path.read_text()
        said = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise NeedsInvalid(f"{path}: {error}") from None
    return understood(said)


def understood(said: Any) -> Needs:
    """The needs in a document. Raises NeedsInvalid for a key that is not known."""
    if not isinstance(said, Mapping):
        raise NeedsInvalid("the file is no table of keys")
    values = {
        key: _part(key, value) if key in _PARTS else value
        for key, value in said.items()
    }
    needs: Needs = _made(Needs, "", values)
    if needs.exchange and needs.exchange.style not in _STYLES:
        raise NeedsInvalid(f"exchange.style is one of {', '.join(_STYLES)}")
    return needs


def _part(name: str, said: Any) -> Any:
    if not isinstance(said, Mapping):
        raise NeedsInvalid(f"{name} is no table of keys")
    values = {
        key: _secret(f"{name}.{key}", value) if key in _SECRETS else value
        for key, value in said.items()
    }
    return _made(_PARTS[name], f"{name}.", values)


def _made(kind: Any, place: str, values: Mapping[str, Any]) -> Any:
    known = {entry.name: entry for entry in fields(kind)}
    for key, value in values.items():
        if key not in known:
            raise NeedsInvalid(f"{place}{key} is not known: {', '.join(known)}")
        default = known[key].default
        wanted = str if default is MISSING else type(default)
        kind_of_file = list if wanted is tuple else wanted
        if default is not None and not isinstance(value, kind_of_file):
            raise NeedsInvalid(f"{place}{key} is no {kind_of_file.__name__}")
    missing = [
        name for name, entry in known.items()
        if entry.default is MISSING and name not in values
    ]  # fmt: skip
    if missing:
        raise NeedsInvalid(f"{place}{missing[0]} is missing")
    return kind(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    )


def _secret(place: str, said: Any) -> str:
    """Raises NeedsInvalid if it is nowhere."""
    if not isinstance(said, str):
        raise NeedsInvalid(f"{place} is no str")
    kind, _, rest = said.partition(":")
    try:
        if kind == "env":
            return os.environ[rest]
        if kind == "file":
            return Path(rest).read_text().strip()
    except (KeyError, OSError):
        raise NeedsInvalid(f"{place}: there is no {said}") from None
    return said
