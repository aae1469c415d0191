"""A browser that signs in with a provider that says whatever a test wants.

Everything is real but the provider's manners: requests over the loopback address,
keys, signatures, sessions.
"""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.oidc import provider
from robots.models import AuditEvent
from tests.federation.issuer import Answer, FakeIssuer

CLIENT_ID = "quaysite"
CLIENT_SECRET = "client-secret-canary"
SUBJECT = "248289761001"
NAME = "Example ID"


@dataclass
class Flow:
    """One browser and its provider; `claims` are in the ID token, `said` besides."""

    issuer: FakeIssuer
    browser: Client

    def go(self, path: str = "/oidc/sign-in/") -> dict[str, str]:
        """To the provider: what the address there says."""
        response = self.browser.get(path)
        assert response.status_code == 302
        there = urlsplit(response["Location"])
        assert f"{there.scheme}://{there.netloc}{there.path}" == self.issuer.url + "/go"
        return {name: values[0] for name, values in parse_qs(there.query).items()}

    def claims(self, said_nonce: str, **changes: Any) -> dict[str, Any]:
        """What a good ID token says, for the signer; None leaves a claim out."""
        return {"aud": CLIENT_ID, "sub": SUBJECT, "nonce": said_nonce} | changes

    def token(self, said_nonce: str, **changes: Any) -> str:
        """A good ID token, but for the changes."""
        claims = self.claims(said_nonce, **changes)
        return self.issuer.signer.token(**claims).reveal()

    def answer(self, id_token: Any, said: dict[str, Any] | None = None) -> None:
        """What the provider's token endpoint, and its userinfo, are to answer."""
        found = {"access_token": "access-canary", "id_token": id_token}
        self.issuer.answers["/token"] = Answer(json.dumps(found))
        self.issuer.answers["/me"] = Answer(json.dumps(said or {"sub": SUBJECT}))

    def come_back(self, asked: dict[str, str], **query: str) -> Any:
        """From the provider, with a code."""
        complete = {"code": "code-canary", "state": asked["state"]} | query
        return self.browser.get("/oidc/callback/", complete)

    def sign_in(
        self, said: dict[str, Any] | None = None, path: str = "/oidc/sign-in/", **c: Any
    ) -> Any:
        """There and back, with `said` in userinfo and the rest in the ID token."""
        asked = self.go(path)
        self.answer(self.token(asked["nonce"], **c), said)
        return self.come_back(asked)

    def signed_in(self) -> str:
        """The user name of who is signed in; empty for nobody."""
        answer = self.browser.get("/api/v1/user/")
        return str(answer.json()["username"]) if answer.status_code == 200 else ""

    def told(self, response: Any) -> str:
        """The page that it leads to."""
        page = self.browser.get(response["Location"], follow=True)
        return page.content.decode()


def configure(settings: Settings, issuer: FakeIssuer, **changes: Any) -> None:
    """Make `issuer` the provider of the site."""
    issuer.claims = {
        "authorization_endpoint": f"{issuer.url}/go",
        "token_endpoint": f"{issuer.url}/token",
        "userinfo_endpoint": f"{issuer.url}/me",
    }
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.OIDC_ISSUER = issuer.url
    settings.OIDC_RP_CLIENT_ID = CLIENT_ID
    settings.OIDC_RP_CLIENT_SECRET = CLIENT_SECRET
    settings.OIDC_NAME = NAME
    for name, value in changes.items():
        setattr(settings, name, value)
    provider.forget()


def failures() -> list[tuple[str, str]]:
    """Namespace and failed check of each refused sign-in."""
    events = AuditEvent.objects.filter(kind="login_failure").order_by("id")
    return [(event.namespace_name, event.facts["check"]) for event in events]


def now() -> int:
    return int(time.time())
