"""Plain HTTP to the site and the registry, for what no client shows."""

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode

import jwt

from tests.e2e.accounts import Account
from tests.e2e.site import Site

SECONDS = 30
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json,"
    "application/vnd.docker.distribution.manifest.v2+json"
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def request(
    method: str,
    address: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    document: Any = None,
    chunked: bool = False,
) -> Answer:
    """One request, with a form, a JSON document or neither.

    A `chunked` form has no Content-Length, as skopeo sends it.
    """
    body, kind = _body(form, document)
    connection = http.client.HTTPConnection(address, timeout=SECONDS)
    try:
        # Whoever refuses a body may answer before the whole of it was sent.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(
                method,
                path,
                body=iter([body]) if chunked and body else body,
                headers={**kind, **(headers or {})},
                encode_chunked=chunked,
            )
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())
    finally:
        connection.close()


def _body(
    form: Mapping[str, str] | None, document: Any
) -> tuple[bytes | None, Mapping[str, str]]:
    if form:
        return urlencode(form).encode(), FORM
    if document is not None:
        return json.dumps(document).encode(), JSON
    return None, {}


def ask(
    site: Site,
    account: Account | None,
    *scopes: str,
    method: str = "GET",
    offline: bool = False,
) -> Answer:
    """The site's answer to a token request."""
    query = [("service", site.registry), *(("scope", scope) for scope in scopes)]
    if offline:
        query.append(("offline_token", "true"))
    headers = {"Authorization": f"Basic {account.basic}"} if account else {}
    path = f"/v2/auth?{urlencode(query)}"
    return request(method, site.address, path, headers=headers)


def refresh(site: Site, refresh_token: str, scope: str, *, chunked: bool) -> Answer:
    """The site's answer to a refresh token, as docker or skopeo sends it."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "service": site.registry,
        "scope": scope,
        "client_id": "tests",
    }
    return request("POST", site.address, "/v2/auth", form=form, chunked=chunked)


def token(site: Site, account: Account | None, *scopes: str) -> str:
    """A registry token."""
    answer = ask(site, account, *scopes)
    assert answer.status == 200, answer.text
    return str(answer.json["token"])


def granted(answer: Answer) -> dict[str, set[str]]:
    """The actions for each resource in the token; the registry checks its signature."""
    claims = jwt.decode(answer.json["token"], options={"verify_signature": False})
    return {entry["name"]: set(entry["actions"]) for entry in claims["access"]}


def registry_get(site: Site, path: str, bearer: str) -> Answer:
    """The registry's answer to a request with this token."""
    headers = {"Authorization": f"Bearer {bearer}"}
    return request("GET", site.registry, path, headers=headers)


def manifest_digest(site: Site, account: Account, repository: str) -> str:
    """The digest of what is tagged `v1` in the registry."""
    bearer = token(site, account, f"repository:{repository}:pull")
    answer = request(
        "HEAD",
        site.registry,
        f"/v2/{repository}/manifests/v1",
        headers={"Authorization": f"Bearer {bearer}", "Accept": MANIFESTS},
    )
    assert answer.status == 200
    return str(answer.headers["Docker-Content-Digest"])
