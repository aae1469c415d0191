"""Notices by e-mail: one for each namespace and run, to those who administer it."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from smtplib import SMTPException, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from quaysite.notices.channels import NobodyToTell, TellFailed, name_of
from robots.admin.owned import NAMESPACE_PARAMETER
from robots.conf import expiry_notice_days, site_url
from robots.models import ExpiryNotice, Namespace, NoticeChannel
from robots.notice_recipients import recipients

_NAMESPACE = Coalesce("robot__namespace_id", "token__robot__namespace_id")
_MAILBOX_ERRORS = range(550, 560)
"""What a server says of one recipient or one mail (RFC 5321, 4.2.3)."""

_HOW_TO_GO_ON = """\
A robot account that has ended works again as soon as it is given another end. A token
does not: regenerate it on the Credentials page of its robot account, where the old one
can be let work on until the new one is everywhere."""


class Mail:
    """Sends through Django's mail backend, which EMAIL_URL configures."""

    name = NoticeChannel.EMAIL
    at_once = 1_000

    def portions(self, due: QuerySet[ExpiryNotice]) -> Sequence[Q]:
        """By namespace, those first that wait longest."""
        found = (
            due.order_by().values(at=_NAMESPACE).annotate(since=Min("next_attempt_at"))
        )
        keys = found.order_by("since", "at").values_list("at", flat=True)
        return [
            Q(robot__namespace=key) | Q(token__robot__namespace=key) for key in keys
        ]

    def tell(self, notices: Sequence[ExpiryNotice], now: datetime) -> None:
        mail = mail_about(notices)
        try:
            mail.send()
        except SMTPResponseException as error:
            is_down = error.smtp_code not in _MAILBOX_ERRORS
            reason = f"the mail server answered {error.smtp_code}"
            raise TellFailed(reason, is_down=is_down) from None
        except SMTPException as error:
            raise TellFailed(f"the mail server: {type(error).__name__}") from None
        # Whoever administers a namespace chooses addresses, and what is one for Django
        # may be none for DNS. UnicodeError is a ValueError.
        except ValueError:
            raise TellFailed(
                "an address of these people cannot be written to"
            ) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise TellFailed(f"no mail server: {reason}", is_down=True) from None


def mail_about(notices: Sequence[ExpiryNotice]) -> EmailMessage:
    """One mail about notices of one namespace. Raises NobodyToTell."""
    namespace = notices[0].of.namespace
    people = recipients(namespace)
    if not people:
        raise NobodyToTell
    headers = {
        # The same when the same notices are sent again: many servers drop doubles.
        "Message-ID": f"<{_digest(notices)}@{_host()}>",
        "Auto-Submitted": "auto-generated",
    }
    if not people.to:
        headers["To"] = "undisclosed-recipients:;"
    count = len(notices)
    things = "robot account or token" if count == 1 else "robot accounts and tokens"
    return EmailMessage(
        f"[{settings.SERVER_HOSTNAME}] {count} {things} of {namespace.name} will end",
        "\n".join(_lines(namespace, notices)),
        to=[people.to] if people.to else [],
        bcc=people.others,
        headers=headers,
    )


def _lines(namespace: Namespace, notices: Sequence[ExpiryNotice]) -> Iterator[str]:
    yield f"These robot accounts and tokens of {namespace.name} stop working soon."
    by_days = attrgetter("days")
    for days, some in groupby(sorted(notices, key=by_days), key=by_days):
        yield f"\nWithin {days} {'day' if days == 1 else 'days'}:"
        yield from map(_line, some)
    yield f"\n{_HOW_TO_GO_ON}\n"
    yield from _links(namespace, notices)
    *most, last = map(str, sorted(expiry_notice_days(), reverse=True))
    ahead = f"{', '.join(most)} and {last}" if most else last
    yield (
        f"\nYou are told once each, {ahead} days ahead, because you administer"
        f" {namespace.name}."
    )


def _links(namespace: Namespace, notices: Sequence[ExpiryNotice]) -> Iterator[str]:
    """To the lists of what there is among `notices`."""
    models = {"robot" if one.token_id is None else "robottoken" for one in notices}
    for model in sorted(models):
        page = reverse(f"admin:robots_{model}_changelist")
        yield f"{site_url()}{page}?{NAMESPACE_PARAMETER}={namespace.name}&expiry=soon"


def _line(notice: ExpiryNotice) -> str:
    name, end = notice.of.full_name, f"{notice.ends_at.astimezone(UTC):%Y-%m-%d %H:%M}"
    if notice.token is None:
        return f"  {end} UTC  {name}, the robot account with all its tokens"
    token, used = notice.token, notice.token.last_used_at
    use = f"last used {used:%Y-%m-%d}" if used else "never used"
    made = f"made {token.created_at:%Y-%m-%d}"
    return f"  {end} UTC  {name}, its token {token.pk}, {made}, {use}"


def _digest(notices: Sequence[ExpiryNotice]) -> str:
    names = "\n".join(sorted(map(name_of, notices)))
    return hashlib.sha256(names.encode()).hexdigest()[:32]


def _host() -> str:
    return settings.SERVER_HOSTNAME.partition(":")[0]
