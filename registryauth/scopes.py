"""What a registry client asks for: `repository:ns/name:pull,push`, parsed.

Pure: no database, no clock, no network. The grammar is that of the Distribution
token specification ("Token Scope Documentation"); what it does not know is either
refused (actions) or parsed and left without actions (resource types).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from robots.names import (
    MAX_LENGTH,
    MIN_LENGTH,
    REPOSITORY_NAME,
    SIMPLE_NAME,
    RepositoryName,
    parse_repository_name,
)
from robots.roles import Action

MAX_SCOPES = 100
"""Different resources in one request; real clients ask for three at most."""

MAX_TEXT = 65_536
"""Characters of all scopes together, before they are looked at."""

_ECHO_LENGTH = 300

_ACTIONS = r"[a-z*]+(?:,[a-z*]+)*"
_SCOPE = re.compile(
    r"(?P<type>[a-z0-9]+)(?:\((?P<class>[a-z0-9]+)\))?"
    rf":(?P<name>[^\s]+):(?P<actions>{_ACTIONS})",
    re.ASCII,
)
_USUAL = re.compile(
    rf"repository:(({SIMPLE_NAME})/({REPOSITORY_NAME})):({_ACTIONS})", re.ASCII
)
_PATH = re.compile(r"[.a-zA-Z0-9_-]+(?:/[.a-zA-Z0-9_-]+)*", re.ASCII)


class ScopeInvalid(ValueError):
    """A scope that does not fit the grammar; the text is for the caller."""


class RepositoryNameInvalid(ScopeInvalid):
    """A well-formed scope whose repository cannot exist under that name."""


class Scope(NamedTuple):
    """One resource and the actions asked for.

    `name` is what the registry will look for in the token. `repository` is set
    for plain repositories only.
    """

    type: str
    resource_class: str
    name: str
    actions: frozenset[Action]
    repository: RepositoryName | None = None

    @property
    def is_catalog(self) -> bool:
        return (self.type, self.name) == ("registry", "catalog")


def parse(values: Iterable[str], *, library: str, hostname: str) -> list[Scope]:
    """Parse `scope` parameters, each of which may hold several, space-separated.

    Resources come back in the order first named, each once, with all actions that
    were asked of it. `library` is the namespace of names without `/`; `hostname`
    may stand before a repository's name and is dropped. Raises ScopeInvalid.
    """
    values = list(values)
    if sum(map(len, values)) > MAX_TEXT:
        raise ScopeInvalid(f"scope: at most {MAX_TEXT} characters in one request")
    scopes: dict[tuple[str, str, str], Scope] = {}
    for text in (text for value in values for text in value.split(" ") if text):
        scope = _usual(text, hostname) or _parse_one(text, library, hostname)
        key = scope[:3]
        if known := scopes.get(key):
            scope = Scope(*key, known.actions | scope.actions, known.repository)
        scopes[key] = scope
        if len(scopes) > MAX_SCOPES:
            raise ScopeInvalid(f"More than {MAX_SCOPES} resources in one request")
    return list(scopes.values())


def _usual(text: str, hostname: str) -> Scope | None:
    """What `_parse_one` returns for the scopes that nearly all clients send, at a third
    of its cost; None for any other, and for one that may be wrong.
    """
    match = _USUAL.fullmatch(text)
    if match is None:
        return None
    path, namespace, name, listed = match.groups()
    known, has_unknown = _actions(listed)
    is_long = len(namespace) > MAX_LENGTH or len(name) > MAX_LENGTH
    if is_long or has_unknown or len(namespace) < MIN_LENGTH or namespace == hostname:
        return None
    return Scope("repository", "", path, known, RepositoryName(namespace, name))


def _parse_one(text: str, library: str, hostname: str) -> Scope:
    match = _SCOPE.fullmatch(text)
    if match is None:
        raise ScopeInvalid(_undecodable(text))
    kind, resource_class, name, listed = match.groups(default="")
    known, has_unknown = _actions(listed)
    if kind != "repository" or resource_class:
        return Scope(kind, resource_class, name, known)
    path = name.removeprefix(f"{hostname}/")
    if has_unknown or not _PATH.fullmatch(path):
        raise ScopeInvalid(_undecodable(text))
    return Scope(kind, "", path, known, _repository(path, library))


@lru_cache(maxsize=64)
def _actions(listed: str) -> tuple[frozenset[Action], bool]:
    """Those that are known, and whether others are listed. Clients write few lists."""
    names = frozenset(listed.split(","))
    known = frozenset(action for action in Action if action.value in names)
    return known, len(known) < len(names)


def _repository(path: str, library: str) -> RepositoryName:
    repository = parse_repository_name(path, library)
    if repository is None:
        full_path = path if "/" in path else f"{library}/{path}"
        raise RepositoryNameInvalid(f"Invalid repository name: {_shortened(full_path)}")
    return repository


def _undecodable(text: str) -> str:
    return f"Unable to decode repository and actions: {_shortened(text)}"


def _shortened(text: str) -> str:
    return text if len(text) <= _ECHO_LENGTH else f"{text[:_ECHO_LENGTH]}..."
