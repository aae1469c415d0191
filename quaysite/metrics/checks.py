"""System check of METRICS_TOKEN."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from quaysite.metrics.view import token
from registryauth.conf import MIN_SHARED_TOKEN, is_shared_token


@register(Tags.security)
def check_token(**kwargs: Any) -> list[CheckMessage]:
    """Nobody guesses it, and it fits in a header."""
    secret = token()
    if secret is None or is_shared_token(secret):
        return []
    return [
        Error(
            f"METRICS_TOKEN is shorter than {MIN_SHARED_TOKEN} characters, or does not"
            " fit in a header.",
            hint='Make one with: python3 -c "import secrets;'
            ' print(secrets.token_urlsafe(48))"',
            id="quaysite.E008",
        )
    ]
