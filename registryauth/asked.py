"""What one request to the token endpoint shows, whichever way it came in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from registryauth.parameters import Values
from robots.origin import Origin, origin_in


@dataclass(slots=True)
class Asked:
    """Method, header and parameters as they were sent; nothing of it is believed.

    `kind` is for the metrics: what the caller proved itself with, once that is known.
    `form` reads the body, and raises what `parameters.form` does. `meta` is where all
    of it is from.
    """

    method: str
    query: str
    authorization: str | None
    user_agent: str
    origin: Origin
    form: Callable[[], Values]
    meta: Mapping[str, Any]
    kind: str = "unknown"


def asked_in(meta: Mapping[str, Any], form: Callable[[], Values]) -> Asked:
    """The question in a WSGI environ, or in the META of a request: it is the same."""
    return Asked(
        method=meta["REQUEST_METHOD"],
        query=meta.get("QUERY_STRING", ""),
        authorization=meta.get("HTTP_AUTHORIZATION"),
        user_agent=meta.get("HTTP_USER_AGENT", ""),
        origin=origin_in(meta),
        form=form,
        meta=meta,
    )
