"""Reading the question's parameters: query or form, whatever shape they come in."""

from collections.abc import Mapping, Sequence
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest

from registryauth import conf, scopes
from registryauth.errors import BodyTooLarge, InvalidRequest, NameInvalid
from registryauth.scopes import Scope
from robots.conf import library_namespace
from robots.credentials import Secret
from robots.forms import FormTooLarge, FormUnreadable, read_form
from robots.remembered import remembered

Values = Mapping[str, Sequence[str]]
"""All values of each parameter, in order."""

_ECHO_LENGTH = 100

_USUAL_ESCAPES = (("%3A", ":"), ("%2F", "/"), ("%2C", ","))
"""What clients escape in a scope. None of these characters means anything in a query,
nor is one a part of another escape, so they can be read first and all at once."""


def query(text: str) -> Values:
    """The parameters in the query of a URL, as Django reads them.

    `text` is what WSGI says, a character for each byte. Raises InvalidRequest for
    too many of them.
    """
    limit = _most_fields()
    if limit is not None and text.count("&") >= limit:
        raise InvalidRequest("Too many parameters")
    if not text.isascii():
        text = _decoded(text)
    for escape, character in _USUAL_ESCAPES:
        text = text.replace(escape, character)
    is_plain = "%" not in text and "+" not in text
    values: dict[str, list[str]] = {}
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            if not is_plain:
                name, value = unquote_plus(name), unquote_plus(value)
            values.setdefault(name, []).append(value)
    return values


@remembered
def _most_fields() -> int | None:
    return settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


def form(request: HttpRequest) -> Values:
    """The form's fields. Raises InvalidRequest, or BodyTooLarge."""
    try:
        return dict(read_form(request).lists())
    except FormTooLarge as error:
        raise BodyTooLarge(error.message) from None
    except FormUnreadable as error:
        raise InvalidRequest(error.message) from None


def last(values: Values, name: str) -> str | None:
    """The last value of a parameter, which is the one that counts; None without."""
    found = values.get(name)
    return found[-1] if found else None


def service(values: Values) -> str:
    """The registry that the token is for; the first configured one if none is named.

    Raises InvalidRequest for one that is not configured.
    """
    known = conf.services()
    named = values.get("service") or known[:1]
    for name in named:
        if name not in known:
            raise InvalidRequest(f"Unknown service: {name[:_ECHO_LENGTH]}")
    if len(set(named)) != 1:
        raise InvalidRequest("Name one service")
    return named[0]


def requested_scopes(values: Values) -> list[Scope]:
    """The scopes asked for, in order. Raises InvalidRequest or NameInvalid."""
    texts = values.get("scope")
    if not texts:
        return []
    try:
        return scopes.parse(
            texts,
            library=library_namespace(),
            hostname=conf.server_hostname(),
        )
    except scopes.RepositoryNameInvalid as error:
        raise NameInvalid(str(error)) from None
    except scopes.ScopeInvalid as error:
        raise InvalidRequest(str(error)) from None


def required(values: Values, name: str) -> Secret:
    """A form field that must be there. Raises InvalidRequest."""
    value = last(values, name)
    if not value:
        raise InvalidRequest(f"Missing parameter: {name}")
    return Secret(value)


def _decoded(text: str) -> str:
    """UTF-8 where it is that; else the characters as they are."""
    try:
        return text.encode("iso-8859-1").decode()
    except UnicodeError:
        return text
