"""The admin's sidebar, in the words of its users."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from robots import conf
from robots.admin.reach import reach_of


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links; what concerns the whole site only for who sees the site."""
    own_tokens = (
        [_link("Application tokens", "password", "robots_apptoken_changelist")]
        if conf.app_tokens_enabled()
        else []
    )
    groups = [
        _group(
            "",
            _link("Overview", "space_dashboard", "index"),
            _link("Organizations", "corporate_fare", "robots_namespace_changelist"),
            _link("Robot accounts", "smart_toy", "robots_robot_changelist"),
            {
                **_link(
                    "Repositories", "deployed_code", "robots_repository_changelist"
                ),
                "active": _is_repositories,
            },
            _link("Teams", "groups", "robots_team_changelist"),
            _link("Federation", "hub", "federation_trust_changelist"),
            _link("Audit log", "receipt_long", "robots_auditevent_changelist"),
        ),
        _group(
            "Access",
            _link("Permissions", "key", "robots_repositorypermission_changelist"),
            _link("Default permissions", "rule", "robots_defaultpermission_changelist"),
            _link("Explain access", "help_center", "robots_repository_explain"),
            _link("Applications", "apps", "quaysite_application_changelist"),
            _link("OAuth tokens", "vpn_key", "quaysite_accesstoken_changelist"),
            *own_tokens,
        ),
    ]
    if reach_of(request).sees_site:
        groups[-1]["items"].append(
            _link("Emergency switch", "emergency_home", "site_switch")
        )
        groups.append(
            _group(
                "Site",
                _link("People", "person", "quaysite_user_changelist"),
                _link("Groups of staff", "badge", "auth_group_changelist"),
            )
        )
    return groups


def _is_repositories(request: HttpRequest) -> bool:
    """The explainer's address lies below that of repositories, its link does not."""
    listed = reverse("admin:robots_repository_changelist")
    explains = request.path == reverse("admin:robots_repository_explain")
    return request.path.startswith(listed) and not explains


def _group(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": bool(title), "items": list(items)}


def _link(title: str, icon: str, page: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{page}")}
