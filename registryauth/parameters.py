"""Reading the request: query or form, whatever shape it comes in."""

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.request import UnreadablePostError

from registryauth import conf, scopes
from registryauth.errors import BodyTooLarge, InvalidRequest, NameInvalid
from registryauth.scopes import Scope
from robots.conf import library_namespace
from robots.credentials import Secret

_ECHO_LENGTH = 100
_FORM = "application/x-www-form-urlencoded"


def query(request: HttpRequest) -> QueryDict:
    """The query's parameters. Raises InvalidRequest for too many of them."""
    try:
        return request.GET
    except SuspiciousOperation:
        raise InvalidRequest("Too many parameters") from None


def form(request: HttpRequest) -> QueryDict:
    """The form's fields. Raises InvalidRequest, or BodyTooLarge.

    Nothing but the encoding that RFC 6749 names is read: Django would write the
    files of a multipart body to disk, and decode its text in any charset.
    """
    if request.content_type != _FORM:
        raise InvalidRequest(f"The body must be a form: {_FORM}")
    try:
        return request.POST
    except RequestDataTooBig:
        raise BodyTooLarge(
            f"The body is longer than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes"
        ) from None
    except (BadRequest, SuspiciousOperation):
        raise InvalidRequest("The body is not a form") from None
    except UnreadablePostError:
        raise InvalidRequest("The body could not be read") from None


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
