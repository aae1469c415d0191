"""Who calls the API: from what authentication left on the request to an Identity.

The site's authenticators set `request.user`, and `request.auth` to a Credential;
a request with neither is anonymous.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from rest_framework.request import Request

from robots.audit import Performer
from robots.identity import ANONYMOUS, Ceiling, Identity, Method
from robots.origin import origin_of
from robots.people import identity_of_person


@dataclass(frozen=True, slots=True)
class Credential:
    """How a person proved who it is.

    `facts` go into audit events. `is_fresh` says that the person signed in within
    the last minutes; a token, which nobody types, is always fresh.
    """

    method: Method
    ceiling: Ceiling | None = None
    is_fresh: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's identity, and under whom its deeds are recorded."""

    identity: Identity
    performer: Performer
    user: AbstractBaseUser | None = None
    is_fresh: bool = False

    @property
    def person(self) -> AbstractBaseUser:
        """The person who calls; for endpoints that anonymous callers do not reach."""
        if self.user is None:
            raise TypeError("nobody is signed in")
        return self.user


def caller_of(request: Request) -> Caller:
    """The caller. Raises TypeError for a person without a Credential: a bug."""
    origin = origin_of(request._request)
    user = request.user
    if not isinstance(user, AbstractBaseUser):
        return Caller(ANONYMOUS, Performer.caller(ANONYMOUS, origin))
    credential = request.auth
    if not isinstance(credential, Credential):
        raise TypeError("an authenticator left no Credential in request.auth")
    identity = identity_of_person(user, credential.method, credential.ceiling)
    performer = Performer.caller(identity, origin, credential.facts)
    return Caller(identity, performer, user, credential.is_fresh)
