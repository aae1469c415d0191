"""Answers of a Quay with one organization, in the shapes that it sends."""

from typing import Any

ORG = "/organization/acme"
WEB = "/repository/acme/web/permissions"
API = "/repository/acme/tools/api/permissions"

CI_TOKEN = "CI" + "4CYB3Y5XGAEPN0GHGBS04G5YOSMI80Z1YSNM1X91UXP3KXMGE5XKGIH3XXKCB1"
BOT_TOKEN = "BT" + "UVMSE03S1QQBT200SF1L3E8JCJHTGGNXPXK64T7TI7GBZ1CXQSMVAU6IHN1P2U"


def avatar(name: str, kind: str) -> dict[str, str]:
    return {"name": name, "hash": "6f0e3a8c", "color": "#c7c7c7", "kind": kind}


def team(name: str, role: str, description: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "role": role,
        "avatar": avatar(name, "team"),
        "can_view": True,
        "repo_count": 1,
        "member_count": 2,
        "is_synced": False,
    }


def member(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "user",
        "is_robot": "+" in name,
        "avatar": avatar(name, "robot" if "+" in name else "user"),
        "invited": False,
        **more,
    }


def members(name: str, *who: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "members": list(who), "can_edit": True}


def robot(name: str, token: str | None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "created": "Tue, 24 Nov 2026 14:21:41 -0000",
        "last_accessed": None,
        "description": "",
        **({"token": token} if token else {}),
        **more,
    }


def repository(name: str, **more: Any) -> dict[str, Any]:
    return {
        "namespace": "acme",
        "name": name,
        "description": None,
        "is_public": False,
        "kind": "image",
        "state": "NORMAL",
        "is_starred": False,
        **more,
    }


def granted(role: str, name: str) -> dict[str, Any]:
    return {
        "role": role,
        "name": name,
        "is_robot": "+" in name,
        "avatar": avatar(name, "user"),
        "is_org_member": True,
    }


def prototype(role: str, delegate: str, creator: str | None = None) -> dict[str, Any]:
    kind = "team" if delegate.startswith("team:") else "user"
    name = delegate.removeprefix("team:")
    return {
        "activating_user": creator and member(creator, is_org_member=True),
        "delegate": {**granted(role, name), "kind": kind},
        "role": role,
        "id": "b7afaedc-e8d5-4a9e-9099-72c614794e2b",
    }


def by_name(*permissions: dict[str, Any]) -> dict[str, Any]:
    return {"permissions": {one["name"]: one for one in permissions}}


def acme() -> dict[str, Any]:
    """Alice owns it and bob builds; both are people of the tests, carla is not."""
    return {
        "/user/": {
            "anonymous": False,
            "username": "alice",
            "avatar": avatar("alice", "user"),
            "organizations": [{"name": "acme", "is_org_admin": True, "public": False}],
        },
        ORG: {
            "name": "acme",
            "email": "ops@example.com",
            "avatar": avatar("acme", "org"),
            "is_admin": True,
            "is_member": True,
            "teams": {
                "owners": team("owners", "admin"),
                "builders": team("builders", "member", "They build"),
            },
            "ordered_teams": ["owners", "builders"],
            "invoice_email": False,
            "invoice_email_address": None,
            "tag_expiration_s": 86400,
            "is_free_account": True,
        },
        f"{ORG}/team/owners/members": members("owners", member("alice")),
        f"{ORG}/team/builders/members": members(
            "builders", member("bob"), member("carla"), member("acme+ci")
        ),
        f"{ORG}/robots": {
            "robots": [robot("acme+ci", None), robot("acme+bot", None)],
        },
        f"{ORG}/robots/ci": robot(
            "acme+ci",
            CI_TOKEN,
            description="CI bot",
            unstructured_metadata={"team": "x"},
        ),
        f"{ORG}/robots/bot": robot("acme+bot", BOT_TOKEN, unstructured_metadata={}),
        f"{ORG}/robots/ci/federation": [
            {"issuer": "https://issuer.example.com", "subject": "repo:acme/app"}
        ],
        f"{ORG}/robots/bot/federation": [],
        **_repositories(),
        f"{ORG}/prototypes": {
            "prototypes": [
                prototype("read", "team:builders"),
                prototype("write", "acme+bot", "alice"),
                prototype("admin", "carla"),
            ]
        },
    }


def _repositories() -> dict[str, Any]:
    """Two, on a page each, and who may do what with them."""
    return {
        "/repository": {
            "repositories": [repository("web", description="The shop")],
            "next_page": "second",
        },
        "/repository?namespace=acme&next_page=second": {
            "repositories": [repository("tools/api", is_public=True, state="READ_ONLY")]
        },
        f"{WEB}/user/": by_name(
            granted("write", "acme+ci"),
            granted("read", "bob"),
            granted("read", "carla"),
        ),
        f"{WEB}/team/": by_name({"role": "admin", "name": "builders"}),
        f"{API}/user/": by_name(granted("admin", "acme+bot")),
        f"{API}/team/": {"permissions": {}},
    }
