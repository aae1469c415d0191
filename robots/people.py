"""From a person's row to an Identity, however the person signed in."""

from django.contrib.auth.base_user import AbstractBaseUser

from robots import conf
from robots.identity import Ceiling, Identity, Kind, Method


def identity_of_person(
    user: AbstractBaseUser,
    method: Method = Method.PASSWORD,
    ceiling: Ceiling | None = None,
) -> Identity:
    """The identity of an authenticated person, cut to `ceiling` if there is one."""
    return Identity(
        kind=Kind.USER,
        name=user.get_username(),
        id=user.pk,
        method=method,
        ceiling=ceiling,
        is_site_admin=conf.is_site_admin(user),
        site_role=conf.site_role(user),
    )
