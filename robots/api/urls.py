"""Every path of this app's part of the API, below `/api/v1/`."""

from django.urls import URLPattern, path

from robots.api.bulk_permissions import BulkPermissionViewSet
from robots.api.default_permissions import DefaultPermissionViewSet
from robots.api.emergency_switches import (
    IssuerSwitchViewSet,
    NamespaceSwitchViewSet,
    RobotSwitchViewSet,
    SiteSwitchViewSet,
)
from robots.api.entities import EntityViewSet
from robots.api.error_types import ErrorTypeViewSet
from robots.api.find import FindViewSet
from robots.api.log_exports import NamespaceExportViewSet, RepositoryExportViewSet
from robots.api.logs import (
    LogViewSet,
    NamespaceLogViewSet,
    RepositoryLogViewSet,
    SiteLogViewSet,
)
from robots.api.organization_members import (
    CollaboratorViewSet,
    OrganizationMemberViewSet,
)
from robots.api.organization_stubs import (
    AutoPrunePolicyViewSet,
    ImmutabilityPolicyViewSet,
    MirrorViewSet,
    PolicyViewSet,
    ProxyCacheViewSet,
    QuotaViewSet,
)
from robots.api.organizations import OrganizationCreation, OrganizationViewSet
from robots.api.repositories import RepositoriesViewSet
from robots.api.repository import OneRepositoryViewSet
from robots.api.repository_permissions import (
    TeamPermissionViewSet,
    UserPermissionViewSet,
)
from robots.api.repository_stubs import (
    RepositoryImmutabilityViewSet,
    RepositoryMirrorViewSet,
    RepositoryPolicyViewSet,
    RepositoryPruningViewSet,
    TagViewSet,
)
from robots.api.robot_access import RobotAccessViewSet
from robots.api.robot_tokens import RobotTokenViewSet
from robots.api.robots import RobotViewSet
from robots.api.routing import route
from robots.api.stars import StarViewSet
from robots.api.teams import TeamMemberViewSet, TeamViewSet
from robots.api.unknown import unknown
from robots.api.unused_access import UnusedAccessViewSet

_ROBOTS = ("user/robots", "organization/<str:orgname>/robots")


def _robot_routes(base: str) -> list[URLPattern]:
    return [
        *route(base, RobotViewSet, {"get": "list"}),
        *route(
            f"{base}/<str:robot_shortname>",
            RobotViewSet,
            {
                "get": "retrieve",
                "put": "create",
                "patch": "change",
                "delete": "destroy",
            },
        ),
        *route(
            f"{base}/<str:robot_shortname>/permissions",
            BulkPermissionViewSet,
            {"get": "list", "put": "update"},
        ),
        *route(
            f"{base}/<str:robot_shortname>/regenerate",
            RobotViewSet,
            {"post": "regenerate"},
        ),
        *route(
            f"{base}/<str:robot_shortname>/tokens",
            RobotTokenViewSet,
            {"get": "list", "post": "create"},
        ),
        *route(
            f"{base}/<str:robot_shortname>/tokens/<str:token_id>",
            RobotTokenViewSet,
            {"delete": "destroy"},
        ),
        *route(
            f"{base}/<str:robot_shortname>/access",
            RobotAccessViewSet,
            {"get": "retrieve"},
        ),
        *route(
            f"{base}/<str:robot_shortname>/emergencyswitch",
            RobotSwitchViewSet,
            _SWITCH,
        ),
    ]


def _log_routes(base: str, logs: type[LogViewSet]) -> list[URLPattern]:
    return [
        *route(f"{base}/logs", logs, {"get": "list"}),
        *route(f"{base}/aggregatelogs", logs, {"get": "retrieve"}),
    ]


_REPOSITORY = "repository/<repository:repository>"
_GRANTEE = {"get": "retrieve", "put": "update", "delete": "destroy"}
_PERMISSION_ROUTES = [
    *route(f"{_REPOSITORY}/permissions/user/", UserPermissionViewSet, {"get": "list"}),
    *route(f"{_REPOSITORY}/permissions/team/", TeamPermissionViewSet, {"get": "list"}),
    *route(
        f"{_REPOSITORY}/permissions/user/<str:name>", UserPermissionViewSet, _GRANTEE
    ),
    *route(
        f"{_REPOSITORY}/permissions/team/<str:name>", TeamPermissionViewSet, _GRANTEE
    ),
    *route(
        f"{_REPOSITORY}/permissions/user/<str:name>/transitive",
        UserPermissionViewSet,
        {"get": "transitive"},
    ),
]


def _repository_policy_routes(
    kind: str, view: type[RepositoryPolicyViewSet]
) -> list[URLPattern]:
    base = f"{_REPOSITORY}/{kind}"
    return [
        *route(f"{base}/", view, {"get": "list", "post": "refuse"}),
        *route(
            f"{base}/<str:uuid>",
            view,
            {"get": "retrieve", "put": "refuse", "delete": "refuse"},
        ),
    ]


_REPOSITORY_ROUTES = [
    *route(
        f"{_REPOSITORY}/changevisibility",
        OneRepositoryViewSet,
        {"post": "change_visibility"},
    ),
    *route(f"{_REPOSITORY}/changestate", OneRepositoryViewSet, {"put": "change_state"}),
    *route(f"{_REPOSITORY}/tag/", TagViewSet, {"get": "list"}),
    *route(f"{_REPOSITORY}/mirror", RepositoryMirrorViewSet, {"get": "retrieve"}),
    *_repository_policy_routes("autoprunepolicy", RepositoryPruningViewSet),
    *_repository_policy_routes("immutabilitypolicy", RepositoryImmutabilityViewSet),
    *route("repository", RepositoriesViewSet, {"get": "list", "post": "create"}),
    *route("user/starred", StarViewSet, {"get": "list", "post": "create"}),
    *route("user/starred/<repository:repository>", StarViewSet, {"delete": "destroy"}),
]
_NOT_SERVED = [
    path(f"{_REPOSITORY}/{part}/<path:rest>", unknown)
    for part in ("tag", "manifest", "build", "trigger", "notification", "mirror")
]
"""Parts of a repository that clients of Quay know, and must not find it in their place:
what deletes a tag there would delete a repository of that name here.
"""

_ANY_REPOSITORY = route(_REPOSITORY, OneRepositoryViewSet, _GRANTEE)
_LOG_ROUTES = [
    *_log_routes("user", NamespaceLogViewSet),
    *_log_routes("organization/<str:orgname>", NamespaceLogViewSet),
    *_log_routes(_REPOSITORY, RepositoryLogViewSet),
    *_log_routes("superuser", SiteLogViewSet),
    *route("user/exportlogs", NamespaceExportViewSet, {"post": "create"}),
    *route(
        "organization/<str:orgname>/exportlogs",
        NamespaceExportViewSet,
        {"post": "create"},
    ),
    *route(f"{_REPOSITORY}/exportlogs", RepositoryExportViewSet, {"post": "create"}),
]
_UNUSED_ROUTES = [
    *route("user/unusedaccess", UnusedAccessViewSet, {"get": "list"}),
    *route(
        "organization/<str:orgname>/unusedaccess", UnusedAccessViewSet, {"get": "list"}
    ),
]
_SWITCH = {"get": "retrieve", "put": "update", "delete": "destroy"}
_SWITCH_ROUTES = [
    *route("user/emergencyswitch", NamespaceSwitchViewSet, _SWITCH),
    *route(
        "organization/<str:orgname>/emergencyswitch", NamespaceSwitchViewSet, _SWITCH
    ),
    *route("superuser/emergencyswitch", SiteSwitchViewSet, _SWITCH),
    *route("superuser/issuers/emergencyswitch", IssuerSwitchViewSet, _SWITCH),
]
_SEARCH_ROUTES = [
    *route("entities/<str:prefix>", EntityViewSet, {"get": "list"}),
    *route("find/all", FindViewSet, {"get": "everything"}),
    *route("find/repositories", FindViewSet, {"get": "repositories"}),
]
_ERROR_ROUTES = route("error/<str:error_type>", ErrorTypeViewSet, {"get": "retrieve"})

_ORGANIZATION = "organization/<str:orgname>"
_TEAM = f"{_ORGANIZATION}/team/<str:teamname>"


def _policy_routes(base: str, view: type[PolicyViewSet]) -> list[URLPattern]:
    return [
        *route(f"{base}/", view, {"get": "list", "post": "create"}),
        *route(
            f"{base}/<str:policy_uuid>",
            view,
            {"get": "retrieve", "put": "update", "delete": "destroy"},
        ),
    ]


_ORGANIZATION_ROUTES = [
    *route("organization/", OrganizationCreation, {"post": "create"}),
    *route(
        _ORGANIZATION,
        OrganizationViewSet,
        {"get": "retrieve", "put": "update", "delete": "destroy"},
    ),
    *route(_TEAM, TeamViewSet, {"put": "update", "delete": "destroy"}),
    *route(f"{_TEAM}/permissions", TeamViewSet, {"get": "permissions"}),
    *route(f"{_TEAM}/members", TeamMemberViewSet, {"get": "list"}),
    *route(
        f"{_TEAM}/members/<str:membername>",
        TeamMemberViewSet,
        {"put": "update", "delete": "destroy"},
    ),
    *route(
        f"{_TEAM}/invite/<str:email>",
        TeamMemberViewSet,
        {"put": "invite", "delete": "uninvite"},
    ),
    *route(f"{_ORGANIZATION}/members", OrganizationMemberViewSet, {"get": "list"}),
    *route(
        f"{_ORGANIZATION}/members/<str:membername>",
        OrganizationMemberViewSet,
        {"get": "retrieve", "delete": "destroy"},
    ),
    *route(f"{_ORGANIZATION}/collaborators", CollaboratorViewSet, {"get": "list"}),
    *route(
        f"{_ORGANIZATION}/prototypes",
        DefaultPermissionViewSet,
        {"get": "list", "post": "create"},
    ),
    *route(
        f"{_ORGANIZATION}/prototypes/<str:prototypeid>",
        DefaultPermissionViewSet,
        {"put": "update", "delete": "destroy"},
    ),
    *route(f"{_ORGANIZATION}/quota", QuotaViewSet, {"get": "list"}),
    *route(f"{_ORGANIZATION}/mirror", MirrorViewSet, {"get": "retrieve"}),
    *route(f"{_ORGANIZATION}/proxycache", ProxyCacheViewSet, {"get": "retrieve"}),
    *_policy_routes(f"{_ORGANIZATION}/autoprunepolicy", AutoPrunePolicyViewSet),
    *_policy_routes(f"{_ORGANIZATION}/immutabilitypolicy", ImmutabilityPolicyViewSet),
]

urlpatterns = [
    *_ERROR_ROUTES,
    *_ORGANIZATION_ROUTES,
    *[pattern for base in _ROBOTS for pattern in _robot_routes(base)],
    *_PERMISSION_ROUTES,  # Before the rest: a user may be called `logs`.
    *_REPOSITORY_ROUTES,
    *_LOG_ROUTES,
    *_UNUSED_ROUTES,
    *_SWITCH_ROUTES,
    *_SEARCH_ROUTES,
    *_NOT_SERVED,
    *_ANY_REPOSITORY,  # After the rest: a name may hold slashes.
]
