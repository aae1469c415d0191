"""App-specific tokens of a person: create, read again, revoke."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from robots import audit, conf, credentials
from robots.audit import Performer
from robots.credentials import Secret
from robots.ends import check_end
from robots.errors import DomainError, NotFound
from robots.models import AppToken, Namespace
from robots.text import check_storable

MAX_TITLE = 255
"""Characters of a token's title."""

TOKEN_LENGTH = 120
"""Characters of a token."""

_LIFETIME = "APP_SPECIFIC_TOKEN_EXPIRATION"
_USUAL_LIFETIME = timedelta(weeks=4)


class NewAppToken(NamedTuple):
    """A token just made, with its secret."""

    token: AppToken
    secret: Secret


def create_app_token(user: AbstractBaseUser, title: str, by: Performer) -> NewAppToken:
    """Create a token that is its owner in full at the registry.

    Raises DomainError for a title that cannot be kept, or where a setting has tokens
    end later than anything can, NotFound if the person is gone.
    """
    if len(title) > MAX_TITLE:
        raise DomainError(f"title: at most {MAX_TITLE} characters")
    check_storable("title", title)
    try:
        with transaction.atomic():
            made = _store(user, title)
            _record("create_app_specific_token", by, made.token)
    except IntegrityError:
        raise NotFound(f"There is no user {user.get_username()}") from None
    return made


def read_app_token(token: AppToken, by: Performer) -> Secret | None:
    """The token's secret, to be shown; None where no readable copy is kept, or where
    ROBOT_TOKENS_RETRIEVABLE forbids to read one that was kept before.
    """
    if not conf.tokens_retrievable():
        return None
    secret = credentials.unseal(bytes(token.sealed or b""), token.digest)
    if secret is not None:
        _record("read_app_specific_token", by, token)
    return secret


def revoke_app_token(token: AppToken, by: Performer) -> None:
    """End a token at once. Raises NotFound if it is gone."""
    with transaction.atomic():
        deleted, _ = AppToken.objects.filter(pk=token.pk).delete()
        if not deleted:
            raise NotFound("There is no such token")
        _record("revoke_app_specific_token", by, token)


def expiring_until(now: datetime) -> datetime:
    """Until when a token that "expires soon" ends: the last tenth of a lifetime."""
    return now + (conf.app_token_lifetime() or _USUAL_LIFETIME) / 10


def _store(user: AbstractBaseUser, title: str) -> NewAppToken:
    secret = credentials.generate_token(TOKEN_LENGTH)
    kept = credentials.at_rest(secret, readable=conf.tokens_retrievable())
    token = AppToken.objects.create(
        user_id=user.pk, title=title, expires_at=_end(), **kept._asdict()
    )
    return NewAppToken(token, secret)


def _end() -> datetime | None:
    try:
        lifetime = conf.app_token_lifetime()
        end = timezone.now() + lifetime if lifetime else None
    except OverflowError:
        raise DomainError(f"{_LIFETIME}: ends no token") from None
    check_end(_LIFETIME, end)
    return end


def _record(kind: str, by: Performer, token: AppToken) -> None:
    own = Namespace.objects.filter(owner_id=token.user_id).first()
    audit.record(kind, by, own, title=token.title, uuid=str(token.uuid))
