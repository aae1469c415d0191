"""How tests set repository permissions on the admin's page, and read what is held."""

from datetime import datetime
from typing import Any

from django.test import Client

from quaysite.models import User
from robots.lifecycle.permissions import Grantee
from robots.models import AuditEvent, Namespace, Repository, RepositoryPermission
from robots.roles import Role
from tests.robots.admin_pages import page

HELD = {"web": (Role.WRITE, None)}
"""What the robot ci of the cast has at first."""


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url_of(grantee: Any) -> str:
    return page(type(grantee), "permissions", grantee.pk)


def held_by(grantee: Grantee) -> dict[str, tuple[int, datetime | None]]:
    rows = RepositoryPermission.objects.select_related("repository")
    return {
        row.repository.name: (row.role, row.expires_at)
        for row in rows
        if row.grantee == grantee
    }


def events() -> list[dict[str, Any]]:
    found = AuditEvent.objects.filter(kind="change_repo_permissions").order_by("id")
    return [event.facts for event in found]


def fill(namespace: Namespace, count: int) -> None:
    Repository.objects.bulk_create(
        Repository(namespace=namespace, name=f"image-{number:05}")
        for number in range(count)
    )


def save(client: Client, grantee: Grantee, data: dict[str, Any]) -> Any:
    """Review, then save what the review shows, with the fields that it carries."""
    reviewed = client.post(url_of(grantee), {**data, "do": "review"})
    assert "preview" in reviewed.context, reviewed.context.get("refusal")
    return save_reviewed(client, grantee, data, reviewed)


def save_reviewed(
    client: Client, grantee: Grantee, data: dict[str, Any], reviewed: Any
) -> Any:
    kept = reviewed.context["kept"]
    carried = {k: v for k, v in data.items() if not k.startswith(("was-", "role-"))}
    carried.pop("tick", None)
    return client.post(
        url_of(grantee),
        {
            **carried,
            "kept_ticks": kept.kept_ticks,
            "kept_roles": kept.kept_roles,
            "seen": reviewed.context["preview"].seen,
            "do": "save",
        },
        follow=True,
    )


def groups(reviewed: Any) -> dict[str, list[tuple[str, str, str]]]:
    return {
        group.title: [
            (name, before.role_name, after.role_name)
            for name, before, after in group.changes
        ]
        for group in reviewed.context["preview"].groups
    }
