"""What the audit keeps of people who sign in to the site, or fail to."""

from typing import Any

from quaysite.lifecycle.people import own_namespace
from quaysite.models import User
from registryauth.logins import home_of_person
from robots.audit import Performer
from robots.lifecycle import logins
from robots.origin import Origin

_FACTS = {"type": "quayauth", "kind": "user"}


def record_login(user: User, by: Performer, user_agent: str, **facts: Any) -> None:
    """Somebody signed in; `facts` tell how, if not with a password."""
    logins.record_login(own_namespace(user), by, user_agent, **{**_FACTS, **facts})


def record_failed_login(
    username: str, reason: str, origin: Origin, user_agent: str
) -> None:
    """Somebody tried to sign in as a person that there is."""
    own = home_of_person(username)
    if own is not None:
        facts = {**_FACTS, "username": own.name, "message": reason}
        logins.record_failure(own, origin, user_agent, **facts)


def record_failed_oidc_login(
    user: User | None, reason: str, check: str, origin: Origin, user_agent: str
) -> None:
    """Somebody came back from the provider, and was not let in.

    Where it is not known who that was, the event is in no namespace.
    """
    own = own_namespace(user) if user else None
    facts = {"username": user.username} if user else {}
    facts |= {"type": "oidc", "kind": "user", "message": reason, "check": check}
    logins.record_failure(own, origin, user_agent, **facts)
