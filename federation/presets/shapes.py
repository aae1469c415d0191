"""What a word of a preset may look like, and how that is said to a person. Pure.

A shape keeps out whatever could end a part of a subject and begin another one: the
delimiters, wildcards, blanks at the ends, control characters.
"""

import re
from dataclasses import dataclass, field

_HOST = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_LOOPBACK = r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])"
_PORT = r"(?::[0-9]{1,5})?"
_PATH = r"(?:/[A-Za-z0-9._~%-]+)*"
_ORIGIN = rf"(?:https://{_HOST}|https?://{_LOOPBACK}){_PORT}"
_HEX = "[0-9A-Fa-f]"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


@dataclass(frozen=True, slots=True)
class Shape:
    """A regular expression for the whole of a printable text, and the words for it.

    `lowers` makes the text lower case first, for ids that issuers write so.
    """

    pattern: re.Pattern[str] = field(repr=False)
    words: str
    lowers: bool = False

    def fits(self, text: str) -> bool:
        return text.isprintable() and self.pattern.fullmatch(text) is not None


def _shape(pattern: str, words: str, *, lowers: bool = False) -> Shape:
    return Shape(re.compile(pattern), words, lowers)


LINE = _shape(
    r"(?! ).+(?<! )",
    "one line of text, without blanks at its ends",
)
DIGITS = _shape(r"[1-9][0-9]{0,19}", "digits, such as 123456")
UUID = _shape(
    rf"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}",
    "a UUID, such as 0184990a-477b-4fa8-9968-496074483cee",
    lowers=True,
)
SLUG = _shape(
    r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?",
    "letters, digits, `-`, `_` and `.`, such as acme-inc",
)
PATH = _shape(
    r"[A-Za-z0-9_.][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+",
    "a path without a host, such as group/project",
)
DNS_LABEL = _shape(_LABEL, "lower-case letters, digits and `-`, such as ci-jobs")
DNS_NAME = _shape(
    rf"{_LABEL}(?:\.{_LABEL})*",
    "lower-case letters, digits, `-` and `.`, such as image-builder",
)
# Git allows none of these in a ref (git-check-ref-format); neither may a subject hold
# one, or `:` would begin another part of it.
REF = _shape(
    r"(?!refs/)[^ ~^:?\[\\]+",
    "its short name, such as main: without `refs/heads/`, blanks and any of ~^:?[\\",
)
ISSUER = _shape(
    rf"{_ORIGIN}{_PATH}",
    "an https:// URL with its host in lower case, and no `/` at its end",
)
ANY_ISSUER = _shape(rf"{_ORIGIN}{_PATH}/?", "an https:// URL with a lower-case host")
REALM = _shape(
    rf"{_ORIGIN}{_PATH}/realms/[A-Za-z0-9._~%-]+",
    "the URL of a realm, such as https://sso.example.com/realms/ci",
)
AUDIENCE = _shape(
    r"[^ *]+",
    "texts without blanks and `*`, such as https://registry.example.com",
)
