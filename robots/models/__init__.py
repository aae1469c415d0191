"""The tables: who exists, and which grants there are."""

from robots.models.app_tokens import AppToken
from robots.models.audit import AuditEvent
from robots.models.audit_seals import AuditSeal
from robots.models.audit_shipments import AuditShipment
from robots.models.expiry_notices import ExpiryNotice, NoticeChannel
from robots.models.imported_secrets import ImportedSecret
from robots.models.namespaces import Namespace, NamespaceKind
from robots.models.permission_changes import PermissionChange
from robots.models.permissions import DefaultPermission, RepositoryPermission
from robots.models.replication import ReplicationBeat
from robots.models.repositories import Repository
from robots.models.robots import Robot
from robots.models.stars import Star
from robots.models.switches import EmergencySwitch
from robots.models.teams import Team, TeamMember
from robots.models.tokens import RobotToken, TokenOrigin
from robots.models.uses import RepositoryUse

__all__ = [
    "AppToken",
    "AuditEvent",
    "AuditSeal",
    "AuditShipment",
    "DefaultPermission",
    "EmergencySwitch",
    "ExpiryNotice",
    "ImportedSecret",
    "Namespace",
    "NamespaceKind",
    "NoticeChannel",
    "PermissionChange",
    "ReplicationBeat",
    "Repository",
    "RepositoryPermission",
    "RepositoryUse",
    "Robot",
    "RobotToken",
    "Star",
    "Team",
    "TeamMember",
    "TokenOrigin",
]
