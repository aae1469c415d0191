"""What issuers and the provider of sign-in are asked.

A URL comes from whoever may write a trust, so it is asked by `robots.outbound.asking`
under the strictest rules.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from urllib3 import HTTPResponse

from federation import conf
from robots.outbound.asking import FetchFailed, Rules, Sent, ask, body_of

__all__ = [
    "MAX_BYTES",
    "MAX_SECONDS",
    "FetchFailed",
    "Sending",
    "fetch_json",
    "tls_context",
]

MAX_SECONDS = 5.0
"""For everything: name, connection, encryption, answer."""

MAX_BYTES = 64 * 1024
"""Of an answer's body."""

_ACCEPT = {"Accept": "application/json, application/jwk-set+json"}
_JSON = re.compile(r"application/(json|[a-z0-9.-]+\+json)")


@dataclass(frozen=True, slots=True)
class Sending:
    """What goes along: a form makes it a POST; `authorization` is that header.

    Both may hold secrets, for a URL that the operator trusts with them.
    """

    form: Mapping[str, str] | None = field(default=None, repr=False)
    authorization: str = field(default="", repr=False)

    @property
    def sent(self) -> Sent:
        headers = dict(_ACCEPT)
        if self.authorization:
            headers["Authorization"] = self.authorization
        if self.form is None:
            return Sent("GET", None, headers)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return Sent("POST", urlencode(self.form).encode(), headers)


NOTHING = Sending()


def fetch_json(
    url: str,
    *,
    internal: bool = False,
    seconds: float = MAX_SECONDS,
    sending: Sending = NOTHING,
) -> str:
    """The text of the JSON document at `url`. Raises FetchFailed, and only that.

    Plain HTTP is for loopback addresses, where a setting allows it. `internal` allows
    private addresses too. `seconds` is how long all of it may take.
    """
    rules = Rules(seconds, internal, conf.allows_loopback_http(), tls_context)
    return ask(url, rules, sending.sent, _document)


def tls_context() -> ssl.SSLContext:
    """What is believed of TLS: the system's authorities, and FEDERATION_CA_FILE's.

    Raises FetchFailed where that cannot be read.
    """
    context = ssl.create_default_context()
    if (path := conf.ca_file()) is not None:
        try:
            context.load_verify_locations(path)
        except OSError:
            raise FetchFailed("FEDERATION_CA_FILE cannot be read") from None
    return context


def _document(response: HTTPResponse) -> str:
    if response.status != 200:
        raise FetchFailed(f"it answered {response.status}; only 200 counts")
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if not _JSON.fullmatch(kind):
        raise FetchFailed("its answer is not JSON, by its content type")
    return body_of(response, MAX_BYTES).decode()
