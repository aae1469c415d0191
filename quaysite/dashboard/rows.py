"""The rows that one person's overview counts: all of them, or those one administers."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from federation import refusals
from registryauth.models import IssuedTokens
from robots.admin.reach import Reach
from robots.models import AuditEvent, Robot

EXPIRING_WITHIN = timedelta(days=30)

LOGIN_FAILURE = "login_failure"
EXCHANGE_FAILURE = refusals.KIND


class Rows:
    """The site for who sees it, else the namespaces that the person administers."""

    def __init__(self, reach: Reach, now: datetime) -> None:
        self.reach = reach
        self.now = now

    def robots(self) -> QuerySet[Robot]:
        return Robot.objects.filter(self._mine())

    def never_used(self) -> QuerySet[Robot]:
        """Robots that could log in, and never did."""
        return self._live().filter(last_used_at__isnull=True)

    def expiring(self) -> QuerySet[Robot]:
        """Robots whose end comes within EXPIRING_WITHIN, the next one first."""
        soon = Q(expires_at__gt=self.now, expires_at__lte=self.now + EXPIRING_WITHIN)
        return self._live().filter(soon).order_by("expires_at")

    def failures(self, kind: str, since: datetime) -> QuerySet[AuditEvent]:
        """Events of refused logins or exchanges, the last one first."""
        events = AuditEvent.objects.filter(self._mine(), created_at__gte=since)
        return events.filter(kind=kind).order_by("-id")

    def issued(self, since: datetime) -> QuerySet[IssuedTokens]:
        """What was issued each day; people's tokens only for who sees the site."""
        return IssuedTokens.objects.filter(self._mine(), day__gte=since.date())

    def _live(self) -> QuerySet[Robot]:
        ended = Q(expires_at__lte=self.now)
        return self.robots().filter(~ended, enabled=True)

    def _mine(self) -> Q:
        if self.reach.sees_site:
            return Q()
        return Q(namespace_id__in=self.reach.administered)
