"""What a way to tell notices is, and how telling fails."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db.models import Q, QuerySet

from robots.models import ExpiryNotice, NoticeChannel


class TellFailed(Exception):
    """Not told; `reason` has no secret. `is_down` if others would fare no better."""

    def __init__(self, reason: str, *, is_down: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_down = is_down


class NobodyToTell(TellFailed):
    """There is no address to tell."""

    def __init__(self) -> None:
        super().__init__("nobody has an e-mail address there")


class Channel(Protocol):
    """Tells up to `at_once` notices in one message."""

    name: NoticeChannel
    at_once: int

    def portions(self, due: QuerySet[ExpiryNotice]) -> Sequence[Q]:
        """Which of `due` may share a message: one condition for each such part."""

    def tell(self, notices: Sequence[ExpiryNotice], now: datetime) -> None:
        """Tell all of them in one message, or raise TellFailed."""


def name_of(notice: ExpiryNotice) -> str:
    """What a notice is known by, whenever it is told again."""
    thing = "robot" if notice.token_id is None else "token"
    key = notice.robot_id if notice.token_id is None else notice.token_id
    return f"{thing}/{key}/{notice.ends_at.isoformat()}/{notice.days}"
