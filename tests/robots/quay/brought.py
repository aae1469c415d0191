"""What a whole import brings, and a robot that logs in afterwards."""

from datetime import UTC, datetime

from registryauth.authentication import authenticate
from robots.accessfile.documents import (
    DefaultPermissionDocument,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.credentials import Secret
from robots.roles import Role, State, TeamRole, Visibility

NOW = datetime(2026, 11, 27, tzinfo=UTC)

BROUGHT = NamespaceDocument(
    fields={
        "enabled": True,
        "email": "ops@example.com",
        "invoice_email": False,
        "invoice_email_address": "",
        "tag_expiration_s": 86400,
    },
    teams={
        "builders": TeamDocument(
            {"role": TeamRole.MEMBER, "description": "They build"},
            {"acme+ci": 0, "bob": 0},
        ),
        "owners": TeamDocument(
            {"role": TeamRole.ADMIN, "description": ""}, {"alice": 0}
        ),
    },
    robots={
        "bot": RobotDocument(
            {"description": "", "enabled": True, "expires_at": None, "metadata": {}},
            (),
        ),
        "ci": RobotDocument(
            {
                "description": "CI bot",
                "enabled": True,
                "expires_at": None,
                "metadata": {"team": "x"},
            },
            ({"issuer": "https://issuer.example.com", "subject": "repo:acme/app"},),
        ),
    },
    repositories={
        "tools/api": RepositoryDocument(
            {
                "visibility": Visibility.PUBLIC,
                "state": State.READ_ONLY,
                "mirror_robot": None,
                "description": "",
            },
            {"acme+bot": GrantDocument(Role.ADMIN)},
        ),
        "web": RepositoryDocument(
            {
                "visibility": Visibility.PRIVATE,
                "state": State.NORMAL,
                "mirror_robot": None,
                "description": "The shop",
            },
            {
                "acme+ci": GrantDocument(Role.WRITE),
                "bob": GrantDocument(Role.READ),
                "team:builders": GrantDocument(Role.ADMIN),
            },
        ),
    },
    default_permissions=(
        DefaultPermissionDocument("acme+bot", Role.WRITE, "alice"),
        DefaultPermissionDocument("team:builders", Role.READ),
    ),
)
"""What the recorded organization is here, with alice and bob and without carla."""

CARLA = "user carla: nobody here has this name: what it has was not brought"


def log_in(name: str, secret: str) -> str:
    return authenticate(name, Secret(secret), NOW).name
