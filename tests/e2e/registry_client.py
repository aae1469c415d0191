"""Pulls and pushes by plain HTTP, as clients do them: a token, blobs, a manifest."""

import hashlib
import http.client
import json
import secrets
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlencode, urlsplit

import jwt

from tests.e2e.accounts import Account
from tests.e2e.clients import TAG
from tests.e2e.endpoint import MANIFESTS

SECONDS = 30
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


class Unwanted(Exception):
    """An answer that no client can go on with."""


@dataclass(frozen=True)
class Route:
    """Who gives tokens for which service, and which registry has the images."""

    server: str
    service: str
    registry: str


class Connected:
    """A registry, by one connection and with one token."""

    def __init__(self, address: str, bearer: str) -> None:
        self._line = http.client.HTTPConnection(address, timeout=SECONDS)
        self._bearer = {"Authorization": f"Bearer {bearer}"}

    def close(self) -> None:
        self._line.close()

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[Message, bytes]:
        """Raises Unwanted for all but 2xx."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._line.request(method, path, body, headers={**self._bearer, **named})
        response = self._line.getresponse()
        content = response.read()
        if not 200 <= response.status < 300:
            raise Unwanted(f"{method} {path}: {response.status} {content[:300]!r}")
        return response.headers, content

    def upload(self, repository: str, content: bytes) -> str:
        """A blob, in one piece; its digest."""
        digest = digest_of(content)
        begun, _ = self.ask("POST", f"/v2/{repository}/blobs/uploads/", b"")
        at = urlsplit(begun["Location"])
        query = "&".join(filter(None, [at.query, urlencode({"digest": digest})]))
        kind = "application/octet-stream"
        self.ask("PUT", f"{at.path}?{query}", content, Content_Type=kind)
        return digest


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def pull(route: Route, who: Account, repository: str) -> str:
    """All of the image that is tagged TAG; the id of the key of the token.

    Raises Unwanted, and what http.client raises.
    """
    bearer = _token(route, who, f"repository:{repository}:pull")
    with closing(Connected(route.registry, bearer)) as registry:
        path = f"/v2/{repository}/manifests/{TAG}"
        _, text = registry.ask("GET", path, Accept=MANIFESTS)
        manifest = json.loads(text)
        for part in (manifest["config"], *manifest["layers"]):
            digest = part["digest"]
            _, blob = registry.ask("GET", f"/v2/{repository}/blobs/{digest}")
            if digest_of(blob) != digest:
                raise Unwanted(f"{digest} is another blob")
    return key_of(bearer)


def push(route: Route, who: Account, repository: str) -> str:
    """A new image with a tag of its own; otherwise as `pull`."""
    bearer = _token(route, who, f"repository:{repository}:pull,push")
    name = secrets.token_hex(8)
    contents = {_CONFIG: json.dumps({"name": name}).encode(), _LAYER: name.encode()}
    with closing(Connected(route.registry, bearer)) as registry:
        config, layer = (
            {
                "mediaType": kind,
                "digest": registry.upload(repository, content),
                "size": len(content),
            }
            for kind, content in contents.items()
        )
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": config,
            "layers": [layer],
        }
        body = json.dumps(manifest).encode()
        path = f"/v2/{repository}/manifests/{name}"
        registry.ask("PUT", path, body, Content_Type=_MANIFEST)
    return key_of(bearer)


def key_of(bearer: str) -> str:
    """What the token's head calls the key that signed it."""
    return str(jwt.get_unverified_header(bearer)["kid"])


def _token(route: Route, who: Account, scope: str) -> str:
    line = http.client.HTTPConnection(route.server, timeout=SECONDS)
    with closing(line):
        query = urlencode({"service": route.service, "scope": scope})
        headers = {"Authorization": f"Basic {who.basic}"}
        line.request("GET", f"/v2/auth?{query}", headers=headers)
        response = line.getresponse()
        text = response.read()
        if response.status != 200:
            raise Unwanted(f"token of {route.server}: {response.status} {text!r}")
    return str(json.loads(text)["token"])
