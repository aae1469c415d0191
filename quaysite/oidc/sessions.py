"""Sessions that an account at the provider began, which end with the account."""

from collections.abc import Callable

from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from quaysite.models import OidcAccount, User

_BEGUN_BY = "oidc_account"
"""Session key: the account's primary key, which no later account gets."""


def note(request: HttpRequest, account: OidcAccount) -> None:
    """Remember that the account has begun the session."""
    request.session[_BEGUN_BY] = account.pk


def forget(request: HttpRequest) -> None:
    """The person has signed in otherwise by now."""
    request.session.pop(_BEGUN_BY, None)


def is_begun_by(request: HttpRequest, account: OidcAccount) -> bool:
    """Whether the session is one that the account began."""
    return bool(request.session.get(_BEGUN_BY) == account.pk)


class OidcSessionMiddleware:
    """Nobody is signed in by an account that is theirs no more.

    Asked once a request, where somebody asks who it is and the account began the
    session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(lambda: _person(request))  # type: ignore[assignment]
        return self.get_response(request)


def _person(request: HttpRequest) -> User | AnonymousUser:
    user = get_user(request)
    begun_by = request.session.get(_BEGUN_BY)
    if not isinstance(user, User):
        return AnonymousUser()
    if begun_by is None or OidcAccount.objects.filter(pk=begun_by, user=user).exists():
        return user
    request.session.flush()
    return AnonymousUser()
