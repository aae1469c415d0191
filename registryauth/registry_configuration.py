"""The configuration of a Distribution registry that trusts our tokens.

Pure text: YAML whose strings are JSON strings, which YAML 1.2 contains. One file
serves Distribution 2.8, which reads `rootcertbundle`, and 3.x, which reads `jwks`;
2.8 passes over the keys that it does not know.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from robots.credentials import Secret

BUNDLE = "bundle.pem"
JWKS = "jwks.json"

_TEMPLATE = """\
version: 0.1
log:
  level: {level}
storage:
  filesystem:
    rootdirectory: {storage}
  delete:
    enabled: true
http:
  addr: {address}
  headers:
    X-Content-Type-Options: [nosniff]
auth:
  token:
    realm: {realm}
    service: {service}
    issuer: {issuer}
    rootcertbundle: {bundle}
    jwks: {jwks}
    signingalgorithms: [ES256, RS256]
"""

# Blobs are left out: each pull and push has one manifest, and many of them.
_NOTIFICATIONS = """\
notifications:
  endpoints:
    - name: quaysite
      url: {url}
      headers:
        Authorization: [{authorization}]
      timeout: 5s
      threshold: 5
      backoff: 10s
      ignore:
        mediatypes: [application/octet-stream]
"""


@dataclass(frozen=True, slots=True)
class Notifications:
    """Where a registry tells of pushes and pulls, and the token that it shows there."""

    url: str
    token: Secret


@dataclass(frozen=True, slots=True)
class RegistryConfiguration:
    """What a registry has to be told; `folder` holds the two files of keys."""

    address: str
    storage: Path
    realm: str
    service: str
    issuer: str
    folder: Path
    notifications: Notifications | None = None

    def as_yaml(self) -> str:
        """The whole file. It holds the token of `notifications`, if there are any."""
        values = {
            # At "info" a registry writes the token of its notifications to its log.
            "level": "warn" if self.notifications else "info",
            "address": self.address,
            "storage": str(self.storage),
            "realm": self.realm,
            "service": self.service,
            "issuer": self.issuer,
            "bundle": str(self.folder / BUNDLE),
            "jwks": str(self.folder / JWKS),
        }
        text = _filled(_TEMPLATE, values)
        if self.notifications is None:
            return text
        values = {
            "url": self.notifications.url,
            "authorization": f"Bearer {self.notifications.token.reveal()}",
        }
        return text + _filled(_NOTIFICATIONS, values)


def _filled(template: str, values: dict[str, str]) -> str:
    return template.format(**{name: json.dumps(text) for name, text in values.items()})
