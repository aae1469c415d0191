"""Notices by webhook: one signed post for each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db.models import Q, QuerySet

from quaysite.notices import conf
from quaysite.notices.channels import TellFailed, name_of
from quaysite.signed_posts import PostFailed, send_signed
from robots.conf import site_url
from robots.models import ExpiryNotice, NoticeChannel
from robots.moments import moment_text


class Webhook:
    """Posts to EXPIRY_WEBHOOK_URL."""

    name = NoticeChannel.WEBHOOK
    at_once = 1

    def portions(self, due: QuerySet[ExpiryNotice]) -> Sequence[Q]:
        return [Q()]

    def tell(self, notices: Sequence[ExpiryNotice], now: datetime) -> None:
        for notice in notices:
            message = message_of(notice)
            try:
                send_signed(
                    conf.webhook_url(),
                    message,
                    key=message["id"],
                    secrets=conf.webhook_secrets(),
                    at=now,
                )
            except PostFailed as failed:
                raise TellFailed(failed.reason, is_down=failed.is_down) from None


def message_of(notice: ExpiryNotice) -> dict[str, Any]:
    """The body; `id` is the same whenever this notice is sent again."""
    robot = notice.of
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{site_url()}/{name_of(notice)}")),
        "kind": "expiry_notice",
        "site": site_url(),
        "thing": "robot" if notice.token_id is None else "robot_token",
        "namespace": robot.namespace.name,
        "robot": robot.full_name,
        "token_id": notice.token_id,
        "expires_at": moment_text(notice.ends_at),
        "days": notice.days,
    }
