"""The API of a running Quay: what is asked, page by page, and what may be missing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from robots.errors import DomainError
from robots.importing.leftovers import Leftovers
from robots.remote import Remote, RemoteFailed

PREFIX = "/api/v1"

Query = Mapping[str, str]
_NO_QUERY: Query = MappingProxyType({})

MAX_PAGES = 20_000
"""Pages of one list: more come from an end that does not stop."""

MAX_ITEMS = 1_000_000
"""Items of one list."""

_NOT_FOR_US = frozenset({400, 403, 404, 405, 501})
"""Answers that are about what was asked, not about the other end's condition."""


class AnswerInvalid(DomainError):
    """An answer whose shape is not that of Quay's API."""


class QuayApi:
    """Asks one Quay. Paths are below `/api/v1`; names in them went through `part`."""

    def __init__(self, remote: Remote, leftovers: Leftovers) -> None:
        self._remote = remote
        self.leftovers = leftovers

    def document(self, path: str, query: Query = _NO_QUERY) -> dict[str, Any]:
        """The JSON object there. Raises RemoteFailed, AnswerInvalid."""
        found = self._get(path, query)
        if not isinstance(found, dict):
            raise AnswerInvalid(f"{path}: the answer is no JSON object")
        return found

    def array(self, path: str) -> list[Any]:
        """The JSON array there. Raises RemoteFailed, AnswerInvalid."""
        found = self._get(path, _NO_QUERY)
        if not isinstance(found, list):
            raise AnswerInvalid(f"{path}: the answer is no JSON array")
        return found

    def items(self, path: str, key: str, query: Query = _NO_QUERY) -> Iterator[Any]:
        """What the list there holds under `key`, an array or an object's values.

        Raises RemoteFailed, and AnswerInvalid for what is no list or has no end.
        """
        count, seen = 0, set[str]()
        for _ in range(MAX_PAGES):
            page = self.document(path, query)
            for item in _listed(path, page.get(key)):
                count += 1
                if count > MAX_ITEMS:
                    raise AnswerInvalid(f"{path}: more than {MAX_ITEMS} {key}")
                yield item
            following = page.get("next_page")
            if following is None:
                return
            if not isinstance(following, str) or following in seen:
                raise AnswerInvalid(f"{path}: next_page leads to no other page")
            seen.add(following)
            query = {**query, "next_page": following}
        raise AnswerInvalid(f"{path}: more than {MAX_PAGES} pages")

    def has(self, path: str) -> bool:
        """Whether there is a document; raises RemoteFailed as `optional` does."""
        try:
            self._get(path, _NO_QUERY)
        except RemoteFailed as error:
            if error.status and error.status not in _NOT_FOR_US:
                raise
            return False
        return True

    @contextmanager
    def optional(self, noun: str, name: str) -> Iterator[None]:
        """Go on without what the other end does not give, and remember it.

        An end that is busy, broken or does not know the token would answer the next
        question no better: that is still raised.
        """
        try:
            yield
        except RemoteFailed as error:
            if error.status not in _NOT_FOR_US:
                raise
            reason = f"cannot be read with this token (it answered {error.status})"
            self.leftovers.add(noun, name, reason)

    def _get(self, path: str, query: Query) -> Any:
        return self._remote.get(PREFIX + path, query).document


def part(name: str) -> str:
    """A name as a part of a path; a repository's may have slashes."""
    return quote(name, safe="/")


def _listed(path: str, found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        yield from found.values()
    elif isinstance(found, list):
        yield from found
    else:
        raise AnswerInvalid(f"{path}: the answer has no list")
