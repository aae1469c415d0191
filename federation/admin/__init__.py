"""The admin site's pages of this app."""

from federation.admin import trusts

__all__ = ["trusts"]
