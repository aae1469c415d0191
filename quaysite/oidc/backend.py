"""mozilla-django-oidc's code flow, with this site's own verification.

It is not in AUTHENTICATION_BACKENDS: there every password that is shown would pass
through it, with whatever code and state the address has.
"""

import json
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from federation.fetching import FetchFailed, Sending, fetch_json
from quaysite.oidc import conf, tokens
from quaysite.oidc.claims import Claims, read
from quaysite.oidc.errors import OidcRefused
from quaysite.oidc.library import setting
from quaysite.oidc.provider import Provider, provider

_NO_ANSWER = (
    "No confirmation of who you are came from {}. Try again; if it happens again,"
    " tell an administrator."
)


class OidcBackend(OIDCAuthenticationBackend):
    """From a code to verified claims. Raises OidcRefused."""

    def __init__(self) -> None:
        super().__init__()
        self.provider: Provider = provider()

    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        return setting(attr, *args)

    def claims(self, request: HttpRequest, nonce: str, code_verifier: str) -> Claims:
        """Whom the code in the address was given for; our state has been checked."""
        found = self.authenticate(request, nonce=nonce, code_verifier=code_verifier)
        if not isinstance(found, Claims):
            raise _refused("there is no code in the address")
        return found

    def get_token(self, payload: dict[str, str]) -> Mapping[str, Any]:
        """Redeem the code; the secret goes along as the provider expects it."""
        form, authorization = dict(payload), ""
        if conf.uses_basic_auth():
            secret = form.pop("client_secret")
            authorization = _basic(conf.client_id(), secret)
        sending = Sending(form, authorization)
        return _answer(self.provider.token_endpoint, "token endpoint", sending)

    def verify_token(self, token: Any, **kwargs: Any) -> Mapping[str, Any]:
        return tokens.verified(token, kwargs["nonce"], self.provider)

    def get_userinfo(
        self, access_token: Any, id_token: Any, payload: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What the provider says besides; empty if it has nobody to ask."""
        endpoint = self.provider.userinfo_endpoint
        if not endpoint:
            return {}
        if not isinstance(access_token, str) or not access_token.isascii():
            raise _refused("the provider sent no access token")
        sending = Sending(authorization=f"Bearer {access_token}")
        said = _answer(endpoint, "userinfo endpoint", sending)
        # OpenID Connect Core 1.0, 5.3.2: else it is about somebody else.
        if said.get("sub") != payload["sub"]:
            raise _refused("userinfo is about another subject")
        return said

    def get_or_create_user(
        self, access_token: Any, id_token: Any, payload: Mapping[str, Any]
    ) -> Claims:
        """Only who it is: which person that is here is for `quaysite.oidc.accounts`."""
        said = self.get_userinfo(access_token, id_token, payload)
        return read(payload, said, conf.groups_claim(), time.time())


def _answer(url: str, what: str, sending: Sending) -> Mapping[str, Any]:
    try:
        answer = json.loads(fetch_json(url, internal=True, sending=sending))
    except FetchFailed as error:
        raise _refused(f"the provider's {what}: {error.reason}") from None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _refused(f"the provider's {what} answered no JSON object")
    return answer


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749, 2.3.1: both are encoded as in a form before they are joined."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _refused(reason: str) -> OidcRefused:
    message = _NO_ANSWER.format(conf.name())
    return OidcRefused(message, check="provider", reason=reason)
