"""The tables: who exists, and which grants there are."""

from robots.models.audit import AuditEvent
from robots.models.namespaces import Namespace, NamespaceKind
from robots.models.permissions import DefaultPermission, RepositoryPermission
from robots.models.repositories import Repository
from robots.models.robots import Robot
from robots.models.teams import Team, TeamMember
from robots.models.tokens import RobotToken, TokenOrigin

__all__ = [
    "AuditEvent",
    "DefaultPermission",
    "Namespace",
    "NamespaceKind",
    "Repository",
    "RepositoryPermission",
    "Robot",
    "RobotToken",
    "Team",
    "TeamMember",
    "TokenOrigin",
]
