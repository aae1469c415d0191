"""A user name for somebody whom the provider knows by other rules. Pure."""

import hashlib
import re
import unicodedata

from quaysite.oidc.claims import Claims
from robots.names import MAX_LENGTH, simple_name_issue

_STRANGE = re.compile(r"[^a-z0-9._-]+")
_MARKS = re.compile(r"[._-]{2,}")


def username_for(claims: Claims) -> str:
    """By the preferred user name, else the e-mail address, else the subject.

    Always a valid name; it may be taken.
    """
    for wanted in (claims.preferred_username, claims.email):
        name = _simplified(wanted.partition("@")[0])
        if simple_name_issue(name, "Namespace") is None:
            return name
    digest = hashlib.sha256(f"{claims.issuer} {claims.subject}".encode()).hexdigest()
    return f"person-{digest[:12]}"


def _simplified(wanted: str) -> str:
    """Lowercase ASCII letters and digits, with single marks between them."""
    plain = unicodedata.normalize("NFKD", wanted).encode("ascii", "ignore").decode()
    name = _STRANGE.sub("-", plain.lower())
    return _MARKS.sub(lambda run: run[0][0], name)[:MAX_LENGTH].strip("._-")
