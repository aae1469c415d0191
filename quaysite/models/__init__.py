"""The site's tables: people, and the OAuth tokens that act for them."""

from quaysite.models.oauth import (
    AccessToken,
    Application,
    Assignment,
    Grant,
    IDToken,
    RefreshToken,
)
from quaysite.models.oidc import OidcAccount
from quaysite.models.people import User

__all__ = [
    "AccessToken",
    "Application",
    "Assignment",
    "Grant",
    "IDToken",
    "OidcAccount",
    "RefreshToken",
    "User",
]
