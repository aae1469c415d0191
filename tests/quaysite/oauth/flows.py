"""The steps of an OAuth flow, as a browser and as an application take them."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from quaysite.lifecycle.applications import client_secret_of
from quaysite.models import Application, User

AUTHORIZE = "/oauth/authorize"
TOKEN = "/oauth/access_token"
REVOKE = "/oauth/revoke"
CALLBACK = "https://ci.example/callback"
LOCAL_APP = "http://127.0.0.1:8000/oauth/localapp"
ISSUER = "http://127.0.0.1:8000"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .decode()
    .rstrip("=")
)
FORM = "application/x-www-form-urlencoded"


def browser(person: User | None = None) -> Client:
    """A client that is treated as browsers are, its exceptions answers of the site."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client


def asked(application: Application, **changes: str | None) -> dict[str, str]:
    """The parameters of a good request, with changes; None leaves one out."""
    parameters = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": CALLBACK,
        "scope": "repo:read user:read",
        "state": "s t&a=te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes
    return {name: value for name, value in parameters.items() if value is not None}


def agree(client: Client, parameters: dict[str, str], button: str = "authorize") -> Any:
    """Open the page and press a button of it."""
    address = f"{AUTHORIZE}?{urlencode(parameters)}"
    client.get(address)
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else ""
    return client.post(address, {button: "x", "csrfmiddlewaretoken": token})


def answer_of(response: Any, uri: str = CALLBACK, part: str = "query") -> Any:
    """What a redirect to `uri` tells."""
    assert response.status_code == 302, response.content
    location = urlsplit(response["Location"])
    assert location._replace(query="", fragment="").geturl() == uri
    return {k: v[0] for k, v in parse_qs(getattr(location, part)).items()}


def code_for(client: Client, application: Application, **changes: str | None) -> str:
    return str(answer_of(agree(client, asked(application, **changes)))["code"])


def secret_of(application: Application) -> str:
    secret = client_secret_of(application)
    assert secret is not None
    return secret.reveal()


def exchange(application: Application, code: str | None, **changes: str | None) -> Any:
    """Exchange a code as its application would, with changes."""
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": application.client_id,
        "client_secret": secret_of(application),
        "code_verifier": VERIFIER,
    } | changes
    return post(TOKEN, {k: v for k, v in body.items() if v is not None})


def refresh(application: Application, token: str, **changes: str | None) -> Any:
    body = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": application.client_id,
        "client_secret": secret_of(application),
    } | changes
    return post(TOKEN, {k: v for k, v in body.items() if v is not None})


def post(path: str, body: dict[str, str] | str, **headers: str) -> Any:
    text = body if isinstance(body, str) else urlencode(body)
    return browser().post(path, text, content_type=FORM, headers=headers)


def whoami(token: str) -> int:
    """The status of a call with the token."""
    headers = {"Authorization": f"Bearer {token}"}
    return int(browser().get("/api/v1/user/", headers=headers).status_code)
