"""The configuration of a Distribution registry that trusts our tokens.

Pure text: YAML whose strings are JSON strings, which YAML 1.2 contains. One file
serves Distribution 2.8, which reads `rootcertbundle`, and 3.x, which reads `jwks`;
2.8 passes over the keys that it does not know.
"""

import json
from dataclasses import dataclass
from pathlib import Path

BUNDLE = "bundle.pem"
JWKS = "jwks.json"

_TEMPLATE = """\
version: 0.1
log:
  level: info
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


@dataclass(frozen=True, slots=True)
class RegistryConfiguration:
    """What a registry has to be told; `folder` holds the two files of keys."""

    address: str
    storage: Path
    realm: str
    service: str
    issuer: str
    folder: Path

    def as_yaml(self) -> str:
        values = {
            "address": self.address,
            "storage": str(self.storage),
            "realm": self.realm,
            "service": self.service,
            "issuer": self.issuer,
            "bundle": str(self.folder / BUNDLE),
            "jwks": str(self.folder / JWKS),
        }
        quoted = {name: json.dumps(value) for name, value in values.items()}
        return _TEMPLATE.format(**quoted)
