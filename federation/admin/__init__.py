"""The admin site's pages of this app."""

from federation.admin import robots, trusts

__all__ = ["robots", "trusts"]
