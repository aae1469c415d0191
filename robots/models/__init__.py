"""The tables: who exists, and which grants there are."""

from robots.models.app_tokens import AppToken
from robots.models.audit import AuditEvent
from robots.models.namespaces import Namespace, NamespaceKind
from robots.models.permissions import DefaultPermission, RepositoryPermission
from robots.models.repositories import Repository
from robots.models.robots import Robot
from robots.models.stars import Star
from robots.models.switches import EmergencySwitch
from robots.models.teams import Team, TeamMember
from robots.models.tokens import RobotToken, TokenOrigin

__all__ = [
    "AppToken",
    "AuditEvent",
    "DefaultPermission",
    "EmergencySwitch",
    "Namespace",
    "NamespaceKind",
    "Repository",
    "RepositoryPermission",
    "Robot",
    "RobotToken",
    "Star",
    "Team",
    "TeamMember",
    "TokenOrigin",
]
