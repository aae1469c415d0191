"""Who changes something on the admin site, as the audit has it."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from robots import conf
from robots.audit import Performer
from robots.identity import Identity, Kind, Method
from robots.origin import origin_of


def identity_of(user: AbstractBaseUser) -> Identity:
    """The identity of a person who is signed in."""
    name = user.get_username()
    return Identity(
        kind=Kind.USER,
        name=name,
        id=user.pk,
        method=Method.PASSWORD,
        is_site_admin=conf.is_site_admin(user),
    )


def performer_of(request: HttpRequest) -> Performer:
    """The signed-in person; TypeError for a request that nobody signed."""
    if not isinstance(request.user, AbstractBaseUser):
        raise TypeError("nobody is signed in")
    return Performer.caller(identity_of(request.user), origin_of(request))
