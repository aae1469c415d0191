"""Google: the identity tokens of a service account.

The claims are those of "Verify the identity of a VM" (cloud.google.com) and of
OpenID Connect at Google: `sub` is the account's number, which is never given again;
an e-mail address is, once its account is deleted.
"""

import re

from federation.entries import Entry
from federation.presets.claims import is_
from federation.presets.fields import NAME, Answers, Field, audience
from federation.presets.preset import Preset
from federation.presets.shapes import Shape

ISSUER = "https://accounts.google.com"

_UNIQUE_ID = Shape(re.compile(r"[1-9][0-9]{5,29}"), "digits: the account's unique id")
_EMAIL = Shape(
    re.compile(r"[a-z0-9.-]+@[a-z0-9.-]+"),
    "an address in lower case, such as ci@project.iam.gserviceaccount.com",
)

FIELDS = (
    Field(
        "unique_id",
        "Number of the service account: `uniqueId` of what"
        " `gcloud iam service-accounts describe EMAIL` prints.",
        required=True,
        shape=_UNIQUE_ID,
    ),
    Field(
        "email",
        "Its address, if the token is to say that as well; ask for it with"
        " format=full or --include-email.",
        shape=_EMAIL,
    ),
    audience("What is asked for as the identity token's audience."),
    NAME,
)


def build(answers: Answers) -> list[Entry]:
    email = answers.texts["email"]
    pinned = (is_("email", email), is_("email_verified", True)) if email else ()
    entry = Entry(
        issuer=ISSUER,
        subject=answers.texts["unique_id"],
        audiences=answers.lists["audience"],
        conditions=pinned,
        name=answers.name(f"Google {email or answers.texts['unique_id']}"),
    )
    return [entry]


GOOGLE = Preset(
    "google",
    "Google",
    "One service account of Google Cloud.",
    FIELDS,
    build,
)
