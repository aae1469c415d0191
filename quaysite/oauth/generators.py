"""What access and refresh tokens look like."""

from typing import Any

from quaysite.lifecycle.oauth_tokens import token_text


def token(request: Any, refresh_token: bool = False) -> str:
    """The text of a new token, whatever it is for."""
    return token_text()
