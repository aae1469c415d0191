"""System check of METRICS_TOKEN."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from quaysite.metrics.view import MIN_TOKEN, token


@register(Tags.security)
def check_token(**kwargs: Any) -> list[CheckMessage]:
    """Nobody guesses it, and it fits in a header."""
    secret = token()
    text = secret.reveal() if secret else ""
    fits = text.isascii() and text.isprintable() and " " not in text
    if not text or (len(text) >= MIN_TOKEN and fits):
        return []
    return [
        Error(
            f"METRICS_TOKEN is shorter than {MIN_TOKEN} characters, or does not fit in"
            " a header.",
            hint='Make one with: python3 -c "import secrets;'
            ' print(secrets.token_urlsafe(48))"',
            id="quaysite.E008",
        )
    ]
