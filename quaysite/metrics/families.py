"""The metrics that are counted: their names, labels, and all values labels can have.

The values are closed sets, so that nobody makes series by what is sent; each is there
from the start, with 0, so that the first increment of any shows as one.
"""

from itertools import product
from typing import NamedTuple

from federation import counted as federation
from federation.jwks import FETCHES
from quaysite.endpoints import ENDPOINTS
from registryauth import counted as registry
from registryauth.errors import Cause
from robots import forwarded
from robots.decision import Denial

PREFIX = "quaysite_"

CODES = ("1xx", "2xx", "3xx", "4xx", "5xx")


class Family(NamedTuple):
    """One metric; `name` is also the first part of its keys in `robots.tallies`."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    def series(self) -> list[tuple[str, ...]]:
        """Every combination of values that there can be."""
        return list(product(*self.values))


_CAUSES = tuple(cause.value for cause in Cause)
_DENIALS = tuple(denial.name.lower() for denial in Denial)

THROTTLED = ("login", "token")
"""What 429 was answered for: wrong secrets before, and a robot's budget of tokens."""

THROTTLING = (
    Family(
        "throttled",
        "Requests refused for failed logins before, and tokens over a robot's budget.",
        ("what",),
        (THROTTLED,),
    ),
    Family(
        "shared_cache_failures",
        "Times that the shared cache was found to be down.",
        (),
        (),
    ),
)
"""Counted by `robots.throttle`, and not in tallies."""

COUNTERS = (
    *THROTTLING,
    Family(
        "logins",
        "Requests to the token endpoint, by what was shown and how they ended.",
        ("kind", "result"),
        (registry.KINDS, registry.RESULTS),
    ),
    Family(
        "refusals",
        "Requests to the token endpoint that got no token, by reason.",
        ("reason",),
        (_CAUSES,),
    ),
    Family(
        forwarded.COUNT,
        "Wrong secrets with X-Forwarded-For, which TRUSTED_PROXY_COUNT=0 ignores.",
        (),
        (),
    ),
    Family(
        "denied_actions",
        "Actions that were asked for and are not in a granted token, by reason.",
        ("reason",),
        (_DENIALS,),
    ),
    Family(
        "exchanges",
        "Exchanges of an issuer's token, by provider and how they ended.",
        ("provider", "result"),
        (federation.PROVIDERS, federation.RESULTS),
    ),
    Family(
        "exchange_refusals",
        "Exchanges that gave no token, by reason.",
        ("reason",),
        (federation.REASONS,),
    ),
    Family(
        "jwks_fetches",
        "Requests to issuers for their keys, by how they ended.",
        ("result",),
        (FETCHES,),
    ),
    Family(
        "http_responses",
        "Answers to clients, by part of the site and class of the status.",
        ("endpoint", "code"),
        (ENDPOINTS, CODES),
    ),
)

HISTOGRAMS = (
    Family(
        "token_duration_seconds",
        "Time to answer at the token endpoint, by what was shown.",
        ("kind",),
        (registry.KINDS,),
    ),
    Family(
        "exchange_duration_seconds",
        "Time to exchange a token, by how it ended.",
        ("result",),
        (federation.RESULTS,),
    ),
)
