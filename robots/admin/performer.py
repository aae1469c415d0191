"""Who changes something on the admin site, as the audit has it."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from robots.audit import Performer
from robots.identity import Identity, Method
from robots.origin import origin_of
from robots.people import identity_of_person


def identity_of(user: AbstractBaseUser) -> Identity:
    """The identity of a person who is signed in."""
    return identity_of_person(user, Method.SESSION)


def performer_of(request: HttpRequest) -> Performer:
    """The signed-in person; TypeError for a request that nobody signed."""
    if not isinstance(request.user, AbstractBaseUser):
        raise TypeError("nobody is signed in")
    return Performer.caller(identity_of(request.user), origin_of(request))
