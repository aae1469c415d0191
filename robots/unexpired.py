"""What has not ended yet: one filter for permissions, tokens, robots and trusts."""

from typing import Any

from django.db.models import Q


def unexpired(now: Any) -> Q:
    """Rows without `expires_at`, or with one after `now`: a time, or a `Parameter`."""
    return Q(expires_at__isnull=True) | Q(expires_at__gt=now)
