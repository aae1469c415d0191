"""The admin site's pages for this app, one module for each resource."""

from robots.admin import (
    audit,
    namespaces,
    permissions,
    repositories,
    robots,
    teams,
    tokens,
)

__all__ = [
    "audit",
    "namespaces",
    "permissions",
    "repositories",
    "robots",
    "teams",
    "tokens",
]
