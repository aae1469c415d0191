"""The list of all repositories of a registry, read page by page.

The OCI Distribution specification leaves it to each registry; this is the
`/v2/_catalog` of CNCF Distribution ("Listing Repositories", "Pagination"). What it
answers is not trusted: it does not choose where to ask next, and an end comes.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from django.utils import timezone

from registryauth import tokens
from registryauth.scopes import Scope
from robots.credentials import Secret
from robots.identity import Identity, Kind
from robots.remote import Remote, RemoteFailed
from robots.roles import Action

PATH = "/v2/_catalog"

PAGE = 1_000
"""Names of one page: the most that Distribution 3 gives, unless told otherwise."""

MAX_NAMES = 1_000_000
"""Of all pages together; they are in memory at once."""

MAX_NAME = 512
"""Characters of a name that are kept: none that is longer can exist here."""

TOKEN_SECONDS = 60
"""How long each token lives that is made for reading the catalog."""

_SCOPE = Scope("registry", "", "catalog", frozenset({Action.ALL}))
_NEXT = re.compile(r'\s*<([^<>]*)>\s*;\s*rel="?next"?\s*', re.ASCII)


def authorization(service: str) -> Secret:
    """The header of a request for the catalog: a new token, for that alone."""
    now = timezone.now()
    reader = Identity(
        Kind.ANONYMOUS,
        "(sync_repositories)",
        credential_expires_at=now + timedelta(seconds=TOKEN_SECONDS),
    )
    minted = tokens.mint(reader, service, [(_SCOPE, frozenset({Action.ALL}))], now)
    return Secret(f"Bearer {minted.token}")


def repository_names(remote: Remote, page: int = PAGE) -> Iterator[str]:
    """Every name in the catalog, in the registry's order. Raises RemoteFailed.

    A name may be any text, cut after MAX_NAME characters.
    """
    seen: set[str] = set()
    count, query = 0, {"n": str(page)}
    while True:
        answer = remote.get(PATH, query)
        names = _names(answer.document)
        count += len(names)
        if count > MAX_NAMES:
            raise RemoteFailed(f"{PATH}: more than {MAX_NAMES} repositories")
        yield from names
        last = _next(remote.url, answer.headers)
        if last is None:
            return
        if not names or last in seen:
            raise RemoteFailed(f"{PATH}: the pages do not come to an end")
        seen.add(last)
        query["last"] = last


def _names(document: Any) -> list[str]:
    """The names of one page; Go writes an empty list as `null`."""
    if not isinstance(document, dict) or "repositories" not in document:
        raise RemoteFailed(f"{PATH}: the answer is no list of repositories")
    names = document["repositories"]
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RemoteFailed(f"{PATH}: the answer is no list of repositories")
    return [name[: MAX_NAME + 1] for name in names]


def _next(url: str, headers: Mapping[str, str]) -> str | None:
    """Where the next page begins: `last` of the Link header (RFC 8288), or None.

    Only that is taken from the link; one that leads elsewhere is refused.
    """
    header = headers.get("Link", "").strip()
    if not header:
        return None
    link = _NEXT.fullmatch(header)
    if link is None:
        raise RemoteFailed(f"{PATH}: its Link header is not understood")
    target: str = link[1]
    here = urlsplit(f"{url}{PATH}")
    try:
        there = urlsplit(urljoin(here.geturl(), target))
        last = parse_qs(there.query, max_num_fields=10).get("last", [])
    except ValueError:
        raise RemoteFailed(f"{PATH}: its Link header is not understood") from None
    if (there.scheme, there.netloc, there.path) != here[:3]:
        raise RemoteFailed(f"{PATH}: its Link header leads to another place")
    if len(last) != 1 or len(last[0]) > MAX_NAME:
        raise RemoteFailed(f"{PATH}: its Link header names no place to go on")
    return last[0]
