"""The token endpoint as clients ask it, and as a registry verifies what it signs.

Verification shares no code with the site: the published keys and PyJWT only.
"""

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
from django.test import Client

from robots.credentials import Secret
from robots.models import Robot
from tests import factories

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

URL = "/v2/auth"
JWKS_URL = "/.well-known/jwks.json"
SERVICE = "127.0.0.1:5000"
CHALLENGE = f'Bearer realm="http://127.0.0.1:8000/v2/auth",service="{SERVICE}"'
CLAIMS = ["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "access", "context"]
FORM = "application/x-www-form-urlencoded"

Refusal = tuple[int, str, str]
"""Status, code and message."""


def basic(username: str, secret: Secret | str = factories.PASSWORD) -> str:
    """The value of an Authorization header (RFC 7617)."""
    text = secret.reveal() if isinstance(secret, Secret) else secret
    return "Basic " + base64.b64encode(f"{username}:{text}".encode()).decode()


def login_of(robot: Robot) -> str:
    """The Authorization header of a robot with its one static token."""
    return basic(robot.full_name, factories.stored_secret(robot))


class Endpoint:
    """Asks over HTTP. `login` is an Authorization header's value."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(
        self,
        *scopes: str,
        login: str | None = None,
        method: str = "GET",
        **query: Any,
    ) -> "Response":
        """Ask with each scope as a parameter of its own, and the given others."""
        headers = {} if login is None else {"Authorization": login}
        params = {"scope": list(scopes), **query}
        return self.client.generic(method, URL, headers=headers, query_params=params)

    def post(self, **form: Any) -> "Response":
        """Post a form, as containerd does."""
        encoded = urlencode(form, doseq=True)
        return self.client.post(URL, encoded, content_type=FORM)

    def claims(self, response: "Response") -> dict[str, Any]:
        """The verified claims of the token that a 200 carries."""
        assert response.status_code == 200, response.content
        return self.verified(body(response)["token"])

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a token that the published key of its kid has signed."""
        published = body(self.client.get(JWKS_URL))["keys"]
        keys = {member["kid"]: jwt.PyJWK(member) for member in published}
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            audience=SERVICE,
            issuer="quaysite",
            options={"require": CLAIMS[:7], "strict_aud": True},
        )
        return claims

    def access(
        self, *scopes: str, login: str | None = None, **query: Any
    ) -> list[tuple[str, list[str]]]:
        """Name and actions of each entry of the token that a GET is answered with."""
        claims = self.claims(self.get(*scopes, login=login, **query))
        return [(entry["name"], entry["actions"]) for entry in claims["access"]]


def body(response: "Response") -> dict[str, Any]:
    """The JSON object that a response carries."""
    parsed: dict[str, Any] = json.loads(response.content)
    return parsed


def refusal(response: "Response") -> Refusal:
    """Status, code and message of a refusal, after checking its envelope."""
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-cache, no-store, must-revalidate"
    assert response["Docker-Distribution-API-Version"] == "registry/2.0"
    assert (response.status_code == 401) == ("WWW-Authenticate" in response)
    (error,) = body(response)["errors"]
    assert body(response).keys() == {"errors"}
    assert error.keys() == {"code", "message", "detail"}
    assert error["detail"] == {}
    return response.status_code, error["code"], error["message"]
