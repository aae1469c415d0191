"""Who is told by e-mail what happens to a namespace: whoever administers it."""

from typing import Any, NamedTuple

from django.contrib.auth import get_user_model

from robots.models import Namespace
from robots.roles import TeamRole


class Recipients(NamedTuple):
    """`to` is the namespace's own address; the others do not see one another."""

    to: str
    others: list[str]

    def __bool__(self) -> bool:
        return bool(self.to or self.others)


def recipients(namespace: Namespace) -> Recipients:
    """Of a person's namespace that person; of an organization its own address, and
    the people in its teams with the role admin. Who is deactivated or has no address is
    told nothing. At most one query.
    """
    if namespace.owner is not None:
        return Recipients(_address(namespace.owner), [])
    people = get_user_model()
    admins = people._default_manager.filter(
        team_memberships__team__namespace=namespace,
        team_memberships__team__role=TeamRole.ADMIN,
    ).distinct()
    addresses = {_address(person).lower(): _address(person) for person in admins}
    unwanted = ("", namespace.email.lower())
    others = [text for key, text in addresses.items() if key not in unwanted]
    return Recipients(namespace.email, sorted(others))


def _address(person: Any) -> str:
    address = getattr(person, person.get_email_field_name()) or ""
    return address if person.is_active else ""
