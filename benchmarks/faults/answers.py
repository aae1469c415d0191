"""What a client was answered, and what is to be made of it. Pure."""

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

_MOST_SAID = 200


class Reply(NamedTuple):
    """An answer of HTTP. The names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Verdict(Enum):
    """What an answer was.

    `LATER` is 503 that says when to ask again. `CUT` is none at all: the connection
    was refused, broken off, or silent for too long. Everything else is `WRONG`.
    """

    RIGHT = "right"
    LATER = "503"
    CUT = "cut"
    CLOCK = "clock"
    """An issuer's token was refused since the clocks differ by more than is allowed."""
    WRONG = "WRONG"


class Answer(NamedTuple):
    """One answer to a question of some `kind`; times as `time.monotonic` tells them."""

    kind: str
    verdict: Verdict
    began: float
    ended: float
    said: str = ""


IsRight = Callable[[Reply], bool]


def verdict(reply: Reply | None, is_right: IsRight) -> Verdict:
    """What `reply` is to somebody who hoped for what `is_right` accepts."""
    if reply is None:
        return Verdict.CUT
    if is_right(reply):
        return Verdict.RIGHT
    if reply.status == 503 and _says_when(reply):
        return Verdict.LATER
    return Verdict.CLOCK if _blames_the_clock(reply) else Verdict.WRONG


def summary(reply: Reply) -> str:
    """A reply in short: a status, and what a refusal says. Never a token."""
    text = reply.body.decode(errors="replace")[:_MOST_SAID]
    return f"{reply.status} {text}" if reply.status >= 300 else str(reply.status)


def has_status(*allowed: int) -> IsRight:
    """Whether the status is one of those."""
    return lambda reply: reply.status in allowed


def _says_when(reply: Reply) -> bool:
    seconds = reply.headers.get("retry-after", "")
    return seconds.isdecimal() and int(seconds) > 0


def _blames_the_clock(reply: Reply) -> bool:
    """Whether it is the documented refusal of a token from the future (30 s)."""
    return reply.status == 400 and b"is in the future" in reply.body
