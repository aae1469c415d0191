"""What is throttled in this process, in numbers, for whoever shows them."""

from robots.failed_logins import failed_logins
from robots.shared_cache import shared_cache
from robots.token_budget import token_budget


def counts() -> dict[str, int]:
    """Pairs and sources that wait now; all others since the process began."""
    return {
        "blocked": failed_logins.blocked(),
        "refused_logins": failed_logins.refused,
        "refused_tokens": token_budget.refused,
        "shared_cache_failures": shared_cache.failures,
    }
