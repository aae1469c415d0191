"""Posts to a URL of the operator's choice, signed so that they can be believed.

The request itself is `quaysite.posting.post`, by the house's one way out: the
address is checked and pinned, nothing is redirected, 5 seconds are all it may take.
`docs/token-upkeep.md` tells receivers how to verify.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from federation.fetching import FetchFailed
from federation.hosts import is_loopback
from quaysite.posting import post
from robots.outbound.destinations import UrlInvalid, destination

SIGNATURE = "Quaysite-Signature"
"""`t=SECONDS,v1=HEX`: when it was sent, and an HMAC-SHA256 for each secret."""

KEY = "Idempotency-Key"
"""The same whenever one message is sent again, so that receivers can drop doubles."""

_SERVER_ERRORS = 500
_OVERLOADED = frozenset({408, 425, 429})


MIN_SECRET = 32
"""Characters of a secret that signs."""


class PostFailed(Exception):
    """Not accepted; `reason` tells why, and repeats neither the URL nor a secret.

    `is_down` where the next message would fare no better.
    """

    def __init__(self, reason: str, *, is_down: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_down = is_down


def url_issue(url: str) -> str | None:
    """Why nothing is ever posted to `url`; None if it may be. Nothing is looked up."""
    try:
        to = destination(url)
    except UrlInvalid as error:
        return str(error)
    if to.is_encrypted or is_loopback(url):
        return None
    return "https is wanted, except for a loopback address"


def send_signed(
    url: str,
    message: Mapping[str, Any],
    *,
    key: str,
    secrets: Sequence[str],
    at: datetime,
) -> None:
    """Post `message` once, as JSON; `key` says which. Raises PostFailed, only that."""
    body = json.dumps(message, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", KEY: key}
    post_signed(url, body, headers, secrets=secrets, at=at)


def post_signed(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    secrets: Sequence[str],
    at: datetime,
) -> None:
    """Post `body` once; any status from 200 to 299 is success.

    Several secrets sign at a time, so that one can be changed without a gap. Raises
    PostFailed, and only that.
    """
    try:
        status = post(url, body, {**headers, SIGNATURE: signature(body, secrets, at)})
    except FetchFailed as failed:
        raise PostFailed(failed.reason, is_down=True) from None
    if not 200 <= status < 300:
        is_down = status >= _SERVER_ERRORS or status in _OVERLOADED
        raise PostFailed(f"it answered {status}", is_down=is_down)


def signature(body: bytes, secrets: Sequence[str], at: datetime) -> str:
    """What the header says of `body`, sent `at`."""
    seconds = str(int(at.timestamp()))
    signed = seconds.encode() + b"." + body
    macs = [hmac.new(s.encode(), signed, hashlib.sha256).hexdigest() for s in secrets]
    return ",".join([f"t={seconds}", *(f"v1={mac}" for mac in macs)])
