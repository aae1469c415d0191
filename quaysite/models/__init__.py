"""The site's tables: people, and the OAuth tokens that act for them."""

from quaysite.models.oauth import (
    AccessToken,
    Application,
    Assignment,
    Grant,
    IDToken,
    RefreshToken,
)
from quaysite.models.people import User

__all__ = [
    "AccessToken",
    "Application",
    "Assignment",
    "Grant",
    "IDToken",
    "RefreshToken",
    "User",
]
