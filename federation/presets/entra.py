"""Microsoft Entra ID: one identity of a tenant, in tokens of version 1 and 2.

The claims are those of "Access token claims reference" (learn.microsoft.com). The
application that the token is *for* says which version it takes, not the client; the
two have issuers of their own, and other names for the client.
"""

import re

from federation.entries import Entry
from federation.presets import shapes
from federation.presets.claims import is_
from federation.presets.fields import NAME, Answers, Field, Kind, audience
from federation.presets.preset import Preset
from federation.presets.shapes import Shape

_ISSUERS = {
    "v1": "https://sts.windows.net/{tenant_id}/",
    "v2": "https://login.microsoftonline.com/{tenant_id}/v2.0",
}
_CLIENT = {"v1": "appid", "v2": "azp"}

FIELDS = (
    Field(
        "tenant_id",
        "The directory's id.",
        required=True,
        shape=shapes.UUID,
    ),
    Field(
        "object_id",
        "Object id of the service principal, managed identity or user (`oid`). That"
        " of an app registration is another one, and wrong here.",
        required=True,
        shape=shapes.UUID,
    ),
    Field(
        "subject",
        "`sub`, where it is not the object id: a user's is another one for each"
        " application.",
        shape=Shape(re.compile(r"[A-Za-z0-9_-]+"), "letters, digits, `-` and `_`"),
    ),
    Field(
        "client_id",
        "Application (client) id of who asks for the token; any if left out.",
        shape=shapes.UUID,
    ),
    Field(
        "version",
        "Version of the tokens.",
        kind=Kind.CHOICE,
        default="both",
        choices=("both", "v1", "v2"),
    ),
    audience(
        "The application that the token is for: its id, in tokens of version 1"
        " also its URI, such as api://ID.",
        site=False,
    ),
    NAME,
)


def build(answers: Answers) -> list[Entry]:
    version = answers.texts["version"]
    versions = _ISSUERS if version == "both" else (version,)
    return [_entry(answers, version) for version in versions]


def _entry(answers: Answers, version: str) -> Entry:
    texts = answers.texts
    conditions = [is_("tid", texts["tenant_id"]), is_("oid", texts["object_id"])]
    if texts["client_id"]:
        conditions.append(is_(_CLIENT[version], texts["client_id"]))
    return Entry(
        issuer=_ISSUERS[version].format_map(texts),
        subject=texts["subject"] or texts["object_id"],
        audiences=answers.lists["audience"],
        conditions=tuple(conditions),
        name=answers.name(f"Microsoft Entra ID {texts['object_id']} ({version})"),
    )


ENTRA = Preset(
    "entra",
    "Microsoft Entra ID",
    "One service principal, managed identity or user of a tenant.",
    FIELDS,
    build,
)
