"""Keycloak, and Red Hat SSO, which is built on it: one account of a realm.

The claims are those of an access token, "Server Administration Guide" (keycloak.org):
`sub` is the id of the user, or of the hidden user behind a client's service account,
and `azp` is the client that the token was made for.
"""

import re

from federation.entries import Entry
from federation.errors import TrustInvalid
from federation.presets import shapes
from federation.presets.claims import is_
from federation.presets.fields import NAME, Answers, Field, audience, issuer
from federation.presets.preset import Preset
from federation.presets.shapes import Shape

# A user from a federated directory is `f:PROVIDER:ID`.
_USER = Shape(
    re.compile(rf"{shapes.UUID.pattern.pattern}|f:[A-Za-z0-9-]+:[^ *]+"),
    "the id of a user, such as 449e14f8-9eb5-4d59-a63e-b7a77c75f770",
)

FIELDS = (
    Field(
        "subject",
        "Id of the user, on its page; for a client's own token, that of the user"
        " service-account-CLIENT.",
        required=True,
        shape=_USER,
    ),
    Field(
        "client_id",
        "The client that the token is made for (`azp`); any client of the realm if"
        " left out.",
    ),
    issuer("The realm: https://HOST/realms/NAME.", shape=shapes.REALM),
    audience(
        "What an audience mapper puts into `aud`; all that is in `aud` must be here."
        " Better take `account` out of the tokens than in here: most have it."
    ),
    NAME,
)


def build(answers: Answers) -> list[Entry]:
    texts = answers.texts
    client = texts["client_id"]
    if "account" in answers.lists["audience"] and not client:
        raise TrustInvalid(
            "audience: `account` only with client_id, as tokens of every client have it"
        )
    entry = Entry(
        issuer=texts["issuer"],
        subject=texts["subject"],
        audiences=answers.lists["audience"],
        conditions=(is_("azp", client),) if client else (),
        name=answers.name(f"Keycloak {client or texts['subject']}"),
    )
    return [entry]


KEYCLOAK = Preset(
    "keycloak",
    "Keycloak / Red Hat SSO",
    "One user or service account of a realm.",
    FIELDS,
    build,
)
