"""The site's part of the admin: people, and the OAuth tokens that act for them."""

from quaysite.admin import oauth, people

__all__ = ["oauth", "people"]
