"""What an application asks a person for, and how it is answered by a redirect."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from oauth2_provider.http import OAuth2ResponseRedirect
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauthlib.oauth2.rfc6749 import errors

from quaysite.lifecycle.oauth_tokens import new_token, scope_text, token_text
from quaysite.models import Application, Assignment, Grant, User
from quaysite.oauth.validator import digest
from robots import audit
from robots.audit import Performer
from robots.conf import site_url
from robots.models import Namespace
from robots.oauth_scopes import OAuthScope, parse

CODE_LIFETIME = timedelta(seconds=60)
"""How long an application may take to exchange a code."""

MAX_PARAMETER = 4096
"""Characters of one parameter of a request."""

_PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A valid authorization request. `redirect_uri` is one of the application's."""

    application: Application
    response_type: str
    redirect_uri: str
    scopes: frozenset[OAuthScope]
    state: str
    code_challenge: str

    @property
    def for_token(self) -> bool:
        """Whether the answer is a token, in the fragment, and not a code."""
        return self.response_type == "token"


def read(parameters: QueryDict) -> Ask:
    """The request in `parameters`.

    Raises errors.FatalClientError if the redirect URI cannot be trusted, and so must
    not be followed; other errors.OAuth2Error are for the application.
    """
    pairs = list(_pairs(parameters))
    if any(len(value) > MAX_PARAMETER for _, value in pairs):
        raise errors.InvalidRequestFatalError(description="A parameter is too long.")
    server = get_oauthlib_core().server
    scopes, found = server.validate_authorization_request(f"/?{urlencode(pairs)}")
    request = found["request"]
    return Ask(
        application=request.client,
        response_type=request.response_type,
        redirect_uri=request.redirect_uri,
        scopes=parse(" ".join(scopes)),
        state=request.state or "",
        code_challenge=found.get("code_challenge", ""),
    )


def _pairs(parameters: QueryDict) -> Iterable[tuple[str, str]]:
    """What oauthlib knows, repetitions kept; commas between scopes become spaces."""
    for name in _PARAMETERS:
        for value in parameters.getlist(name):
            yield name, value.replace(",", " ") if name == "scope" else value


def grant(
    ask: Ask, user: User, by: Performer, *, with_issuer: bool = True
) -> HttpResponse:
    """Give what was asked for: `user` has agreed. Raises IntegrityError if the
    application or person is deleted at this moment.
    """
    give = _token if ask.for_token else _code
    with transaction.atomic():
        facts = give(ask, user)
        Assignment.objects.filter(
            application=ask.application, user=user, redirect_uri=ask.redirect_uri
        ).delete()
        audit.record(
            "authorize_application",
            by,
            Namespace.objects.filter(owner=user).first(),
            application_name=ask.application.name,
            client_id=ask.application.client_id,
            scope=scope_text(ask.scopes),
            response_type=ask.response_type,
        )
    facts["state"] = ask.state
    if with_issuer:
        facts["iss"] = site_url()
    return _redirect(ask.redirect_uri, facts, fragment=ask.for_token)


def refuse(error: errors.OAuth2Error) -> HttpResponse:
    """Tell the application why it gets nothing. Not for errors.FatalClientError."""
    facts = {**dict(error.twotuples), "iss": site_url()}
    fragment = error.response_type == "token"
    return _redirect(error.redirect_uri, facts, fragment=fragment)


def cancel(ask: Ask) -> HttpResponse:
    """Tell the application that the person does not agree."""
    facts = {"error": "access_denied", "state": ask.state, "iss": site_url()}
    return _redirect(ask.redirect_uri, facts, fragment=ask.for_token)


def _code(ask: Ask, user: User) -> dict[str, Any]:
    code = token_text()
    Grant.objects.create(
        application=ask.application,
        user=user,
        code=digest(code),
        expires=timezone.now() + CODE_LIFETIME,
        redirect_uri=ask.redirect_uri,
        scope=scope_text(ask.scopes),
        code_challenge=ask.code_challenge,
        code_challenge_method="S256" if ask.code_challenge else "",
    )
    return {"code": code}


def _token(ask: Ask, user: User) -> dict[str, Any]:
    seconds = settings.OAUTH_TOKEN_LIFETIME
    lifetime = timedelta(seconds=seconds)
    _, secret = new_token(user, ask.application, ask.scopes, lifetime)
    return {
        "access_token": secret.reveal(),
        "token_type": "Bearer",
        "expires_in": seconds,
    }


def _redirect(uri: str, facts: dict[str, Any], *, fragment: bool) -> HttpResponse:
    separator = "#" if fragment else ("&" if "?" in uri else "?")
    query = urlencode({name: value for name, value in facts.items() if value})
    scheme = urlsplit(uri).scheme
    response: HttpResponse = OAuth2ResponseRedirect(
        f"{uri}{separator}{query}", allowed_schemes=[scheme]
    )
    return response
