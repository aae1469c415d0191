"""System check: what is counted for all processes needs a cache that they share."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from quaysite.serving import options
from robots import conf
from robots.shared_cache import shared_cache


@register(Tags.security, deploy=True)
def check_counts_are_shared(**kwargs: Any) -> list[CheckMessage]:
    """Limits hold for all processes together where the site has grown to several.

    A site on SQLite is one machine: its few processes count apart, as documented.
    """
    limits = [
        conf.login_failure_limit(),
        conf.login_failure_address_limit(),
        conf.robot_token_budget(),
    ]
    is_large = connections["default"].vendor == "postgresql"
    has_several = is_large and int(options.WORKERS) > 1
    if not any(limits) or not has_several or shared_cache.is_shared():
        return []
    return [
        Warning(
            "LOGIN_FAILURE_LIMIT, LOGIN_FAILURE_ADDRESS_LIMIT and ROBOT_TOKEN_BUDGET"
            f" hold for each process alone, and here are {options.WORKERS} or more.",
            hint="Set CACHE_URL=redis://host:6379/0, which all processes share.",
            id="quaysite.W002",
        )
    ]
