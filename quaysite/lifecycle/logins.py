"""What the audit keeps of people who sign in to the site, or fail to."""

from quaysite.lifecycle.people import own_namespace
from quaysite.models import User
from registryauth.people_login import can_be_person, find_person
from robots.audit import Performer
from robots.lifecycle import logins
from robots.models import Namespace
from robots.origin import Origin

_FACTS = {"type": "quayauth", "kind": "user"}


def record_login(user: User, by: Performer, user_agent: str) -> None:
    """Somebody signed in."""
    logins.record_login(own_namespace(user), by, user_agent, **_FACTS)


def record_failed_login(
    username: str, reason: str, origin: Origin, user_agent: str
) -> None:
    """Somebody tried to sign in as a person that there is."""
    person = find_person(username) if can_be_person(username) else None
    own = Namespace.objects.filter(owner_id=person.pk).first() if person else None
    if own is not None:
        facts = {**_FACTS, "username": own.name, "message": reason}
        logins.record_failure(own, origin, user_agent, **facts)
