"""An app-specific token to its person, in full. One query (R6)."""

from datetime import datetime

from registryauth.errors import Cause, Unauthorized, WrongSecret
from registryauth.people_login import DISABLED
from robots import conf, credentials
from robots.credentials import Secret
from robots.identity import Identity, Method
from robots.models import AppToken
from robots.old_digests import old_digests
from robots.people import identity_of_person

USERNAME = "$app"
"""The user name under which a token is a registry client's password."""

_WRONG = "Invalid token"


def authenticate_app_login(secret: Secret, now: datetime) -> Identity:
    """The owner of the token that `secret` is. Raises Unauthorized."""
    if not conf.app_tokens_enabled():
        reason = "app-specific tokens are switched off"
        raise Unauthorized(_WRONG, reason, Cause.NOT_ACCEPTED)
    digests = credentials.accepted_digests(secret)
    tokens = AppToken.objects.select_related("user").order_by()
    row = tokens.filter(digest__in=digests).first()
    if row is None:
        raise WrongSecret(_WRONG, reason="no app-specific token has that digest")
    if row.expires_at is not None and row.expires_at <= now:
        reason = "the app-specific token has expired"
        raise Unauthorized(_WRONG, reason, Cause.EXPIRED)
    if not row.user.is_active:
        raise Unauthorized(DISABLED, cause=Cause.DISABLED)
    old_digests.note(AppToken, row.pk, secret)
    return identity_of_person(row.user, Method.APP_TOKEN)._replace(
        credential_id=row.pk, credential_expires_at=row.expires_at
    )
