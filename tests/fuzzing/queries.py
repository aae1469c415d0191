"""The question of a token request: parameters, and the scopes in them."""

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from registryauth import parameters, scopes
from registryauth.errors import InvalidRequest
from registryauth.scopes import Scope, ScopeInvalid
from robots.names import parse_repository_name

LIBRARY = "library"
HOSTNAMES = ("quay.example:8443", "acme")


def query(data: bytes) -> None:
    """A query is read as Django reads it, and each of its scopes in one way only."""
    text = data.decode("latin-1")
    values = _as_django(text)
    try:
        found = parameters.query(text)
    except InvalidRequest:
        assert values is None
        return
    assert dict(found) == values
    for hostname in HOSTNAMES:
        check_scopes(list(found.get("scope", [])), hostname)


def _as_django(text: str) -> dict[str, list[str]] | None:
    try:
        return dict(QueryDict(text.encode("latin-1")).lists())
    except TooManyFieldsSent:
        return None


def check_scopes(texts: list[str], hostname: str) -> None:
    """Hold the scopes of a request to what must be true of them all."""
    words = [word for text in texts for word in text.split(" ") if word]
    for word in words:
        _check_both_ways(word, hostname)
    try:
        found = scopes.parse(texts, library=LIBRARY, hostname=hostname)
    except ScopeInvalid:
        return
    assert len({scope[:3] for scope in found}) == len(found)
    for scope in found:
        _check_no_wider(scope, words, hostname)
        _check_round_trip(scope, hostname)


def _check_both_ways(word: str, hostname: str) -> None:
    """The short way is the long one, where it is taken."""
    short = scopes._usual(word, hostname)
    try:
        long = scopes._parse_one(word, LIBRARY, hostname)
    except ScopeInvalid:
        assert short is None
        return
    assert short in (None, long)
    if long.repository is not None and (long.type, long.resource_class) != (
        "repository",
        "",
    ):
        raise AssertionError("an unknown kind of resource names a repository")


def _check_no_wider(scope: Scope, words: list[str], hostname: str) -> None:
    """Every action was asked for, of this very resource."""
    kind = scope.type + (f"({scope.resource_class})" if scope.resource_class else "")
    names = {scope.name, f"{hostname}/{scope.name}"}
    asked = {
        action
        for word in words
        for name in names
        if word.startswith(f"{kind}:{name}:")
        for action in word.removeprefix(f"{kind}:{name}:").split(",")
    }
    assert {action.value for action in scope.actions} <= asked
    if scope.repository is not None:
        assert parse_repository_name(scope.name, LIBRARY) == scope.repository
        assert str(scope.repository) in (scope.name, f"{LIBRARY}/{scope.name}")


def _check_round_trip(scope: Scope, hostname: str) -> None:
    """Written again it says the same, but for a name that begins as the host does."""
    if not scope.actions or scope.name.startswith(f"{hostname}/"):
        return
    kind = scope.type + (f"({scope.resource_class})" if scope.resource_class else "")
    text = f"{kind}:{scope.name}:{','.join(scope.actions)}"
    assert scopes.parse([text], library=LIBRARY, hostname=hostname) == [scope]
