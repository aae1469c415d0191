"""OAuth tokens made straight in the tables, for tests of everything else."""

import secrets
from datetime import timedelta

from django.utils import timezone
from oauth2_provider.models import set_token_value

from quaysite.models import AccessToken, Application, User


def application(name: str = "tests") -> Application:
    made: Application
    made, _ = Application.objects.get_or_create(
        name=name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_IMPLICIT,
        defaults={"hash_client_secret": False},
    )
    return made


def bearer(user: User, scope: str, lifetime: timedelta = timedelta(hours=1)) -> str:
    """A new token of `user`, as its text."""
    text = secrets.token_hex(20)
    token = AccessToken(
        user=user,
        application=application(),
        scope=scope,
        expires=timezone.now() + lifetime,
    )
    set_token_value(token, text)
    token.save()
    return text
