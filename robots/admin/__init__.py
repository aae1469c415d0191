"""The admin site's pages for this app, one module for each resource."""

from robots.admin import (
    audit,
    default_permissions,
    members,
    namespaces,
    permission_changes,
    permissions,
    repositories,
    robots,
    teams,
    tokens,
)

__all__ = [
    "audit",
    "default_permissions",
    "members",
    "namespaces",
    "permission_changes",
    "permissions",
    "repositories",
    "robots",
    "teams",
    "tokens",
]
