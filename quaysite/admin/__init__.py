"""The site's part of the admin: people, applications, and tokens of people."""

from quaysite.admin import app_tokens, applications, oauth, people

__all__ = ["app_tokens", "applications", "oauth", "people"]
