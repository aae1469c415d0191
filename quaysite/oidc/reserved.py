"""User names that mean something here before anybody has them."""

from django.conf import settings
from django.utils import timezone

from quaysite.lifecycle.people import has_powers
from quaysite.oidc import conf
from robots import conf as robots_conf
from robots.switches import switches_on


def is_reserved(username: str) -> bool:
    """Whether a setting, or an emergency switch that is on, gives the name something.

    Such a name is nobody's to get from outside: with it come powers, repositories,
    or robots that a list spares.
    """
    return (
        has_powers(username)
        or username == robots_conf.library_namespace()
        or username in {entry.organization for entry in conf.team_groups()}
        or username in _namespaces(getattr(settings, "ROBOTS_WHITELIST", ()))
        or _is_in_a_switch(username)
    )


def _is_in_a_switch(username: str) -> bool:
    switches = switches_on(timezone.now()).filter(allowed__contains=f"{username}+")
    return any(username in _namespaces(switch.allowed_names) for switch in switches)


def _namespaces(full_names: list[str] | tuple[str, ...]) -> set[str]:
    return {name.partition("+")[0] for name in full_names}
