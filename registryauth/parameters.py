"""Reading the request: query or form, whatever shape it comes in."""

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict

from registryauth import conf, scopes
from registryauth.errors import BodyTooLarge, InvalidRequest, NameInvalid
from registryauth.scopes import Scope
from robots.conf import library_namespace
from robots.credentials import Secret
from robots.forms import FormTooLarge, FormUnreadable, read_form

_ECHO_LENGTH = 100


def query(request: HttpRequest) -> QueryDict:
    """The query's parameters. Raises InvalidRequest for too many of them."""
    try:
        return request.GET
    except SuspiciousOperation:
        raise InvalidRequest("Too many parameters") from None


def form(request: HttpRequest) -> QueryDict:
    """The form's fields. Raises InvalidRequest, or BodyTooLarge."""
    try:
        return read_form(request)
    except FormTooLarge as error:
        raise BodyTooLarge(error.message) from None
    except FormUnreadable as error:
        raise InvalidRequest(error.message) from None


def service(values: QueryDict) -> str:
    """The registry that the token is for; the first configured one if none is named.

    Raises InvalidRequest for one that is not configured.
    """
    known = conf.services()
    named = values.getlist("service") or known[:1]
    for name in named:
        if name not in known:
            raise InvalidRequest(f"Unknown service: {name[:_ECHO_LENGTH]}")
    if len(set(named)) != 1:
        raise InvalidRequest("Name one service")
    return named[0]


def requested_scopes(values: QueryDict) -> list[Scope]:
    """The scopes asked for, in order. Raises InvalidRequest or NameInvalid."""
    try:
        return scopes.parse(
            values.getlist("scope"),
            library=library_namespace(),
            hostname=conf.server_hostname(),
        )
    except scopes.RepositoryNameInvalid as error:
        raise NameInvalid(str(error)) from None
    except scopes.ScopeInvalid as error:
        raise InvalidRequest(str(error)) from None


def required(values: QueryDict, name: str) -> Secret:
    """A form field that must be there. Raises InvalidRequest."""
    value = values.get(name)
    if not value:
        raise InvalidRequest(f"Missing parameter: {name}")
    return Secret(str(value))
