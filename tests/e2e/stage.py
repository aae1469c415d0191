"""What the site under test does before a test begins: run by its `manage.py shell`.

Plain data goes in on stdin and comes out on stdout, since the site is another
process with a database of its own.
"""

import json
import secrets
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from quaysite.models import User
from registryauth.models import IssuedTokens
from robots.audit import Performer
from robots.lifecycle.app_tokens import create_app_token
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.permissions import grant
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.repository_changes import delete_repository
from robots.lifecycle.robots import create_robot, set_enabled
from robots.lifecycle.switches import Terms, turn_off, turn_on
from robots.lifecycle.teams import add_member, set_team
from robots.models import (
    AuditEvent,
    Namespace,
    Repository,
    RepositoryPermission,
    RepositoryUse,
    Robot,
)
from robots.roles import Role, State, TeamRole, Visibility
from tests.api.tokens import bearer

BY = Performer.command("tests")


def answer(function: Callable[..., Any]) -> None:
    """Call `function` with the JSON object on stdin; print what it returns as JSON."""
    json.dump(function(**json.load(sys.stdin)), sys.stdout)


def build_casts(count: int) -> list[dict[str, Any]]:
    """Make `count` organizations, each with the same cast under random names.

    All people of one call share a password, since hashing one takes long.
    """
    password = secrets.token_urlsafe(18)
    hashed = make_password(password)
    return [_build_cast(password, hashed) for _ in range(count)]


def _build_cast(password: str, hashed: str) -> dict[str, Any]:
    suffix = secrets.token_hex(4)
    owner, stranger = (
        User.objects.create(username=f"{name}-{suffix}", password=hashed)
        for name in ("alice", "charlie")
    )
    organization = create_organization(f"acme-{suffix}", BY, owner)
    return {
        "organization": organization.name,
        "owner": {"name": owner.username, "secret": password},
        "stranger": {"name": stranger.username, "secret": password},
        "api": {"name": "$oauthtoken", "secret": bearer(owner, "org:admin")},
        **_robots(organization),
    }


def _robots(organization: Namespace) -> dict[str, dict[str, str]]:
    """Robots named after what they may do to `web`; `creator` may create others."""
    made = {name: create_robot(organization, name, BY) for name in _ROLES}
    for name, visibility in _REPOSITORIES.items():
        create_repository(organization, name, BY, visibility=visibility)
    web = Repository.objects.get(namespace=organization, name="web")
    for name, role in _ROLES.items():
        if role is not None:
            grant(web, made[name].robot, role, BY)
    public = Repository.objects.get(namespace=organization, name="public")
    grant(public, made["writer"].robot, Role.WRITE, BY)
    creators, _ = set_team(organization, "creators", TeamRole.CREATOR, BY)
    add_member(creators, made["creator"].robot, BY)
    return {
        name: {"name": robot.full_name, "secret": secret.reveal()}
        for name, (robot, secret) in made.items()
    }


_ROLES = {
    "reader": Role.READ,
    "writer": Role.WRITE,
    "admin": Role.ADMIN,
    "creator": None,
    "nobody": None,
}
_REPOSITORIES = {
    "web": Visibility.PRIVATE,
    "vault": Visibility.PRIVATE,
    "public": Visibility.PUBLIC,
}


def repositories(namespace: str) -> dict[str, str]:
    """The repositories of a namespace that exist now, each with its visibility."""
    return {
        repository.name: Visibility(repository.visibility).label
        for repository in Repository.objects.filter(namespace__name=namespace)
    }


def forget(repository: str) -> None:
    """Remove the row alone, as if it had never been here."""
    namespace, _, name = repository.partition("/")
    Repository.objects.get(namespace__name=namespace, name=name).delete()


def delete(repository: str) -> None:
    """Delete a repository as people do."""
    namespace, _, name = repository.partition("/")
    delete_repository(Repository.objects.get(namespace__name=namespace, name=name), BY)


def uses(repository: str) -> list[tuple[str, str]]:
    """Who did what to a repository, as far as it is written."""
    namespace, _, name = repository.partition("/")
    rows = RepositoryUse.objects.filter(
        repository__namespace__name=namespace, repository__name=name
    )
    return sorted((str(row.robot or row.user), row.action) for row in rows)


def issued(namespace: str) -> int:
    """How many tokens its robots were given, as far as it is written."""
    rows = IssuedTokens.objects.filter(namespace__name=namespace)
    return sum(rows.values_list("count", flat=True))


def last_used(robot: str) -> str | None:
    """When the robot with this full name was last used, as far as it is written."""
    namespace, _, name = robot.partition("+")
    when = Robot.objects.get(namespace__name=namespace, name=name).last_used_at
    return when.isoformat() if when else None


def logins(namespace: str) -> list[str]:
    """The kinds of the logins in the audit of a namespace, oldest first."""
    rows = AuditEvent.objects.filter(
        namespace__name=namespace, kind__startswith="login_"
    )
    return list(rows.order_by("id").values_list("kind", flat=True))


def refused_from(namespace: str) -> list[str | None]:
    """The addresses that refused logins of a namespace came from."""
    rows = AuditEvent.objects.filter(namespace__name=namespace, kind="login_failure")
    return list(rows.order_by("id").values_list("address", flat=True))


def set_state(repository: str, state: str, mirror_robot: str | None = None) -> None:
    """Make a repository NORMAL, READ_ONLY, or MIRROR with its robot."""
    namespace, _, name = repository.partition("/")
    robot = mirror_robot and Robot.objects.get(
        namespace__name=namespace, name=mirror_robot.partition("+")[2]
    )
    found = Repository.objects.get(namespace__name=namespace, name=name)
    found.state = State[state]
    found.mirror_robot = robot or None
    found.save(update_fields=["state", "mirror_robot"])


def set_robot_enabled(robot: str, enabled: bool) -> None:
    """Enable or disable the robot with this full name."""
    namespace, _, name = robot.partition("+")
    set_enabled(Robot.objects.get(namespace__name=namespace, name=name), enabled, BY)


def set_switch(on: bool, namespace: str | None = None) -> None:
    """Turn the emergency switch of the site, or of a namespace, on or off."""
    target = Namespace.objects.get(name=namespace) if namespace else None
    if on:
        turn_on(target, Terms("tests"), BY)
    else:
        turn_off(target, BY)


def password_scheme(username: str) -> str:
    """How a person's password is hashed: the first word of what is stored."""
    return User.objects.get(username=username).password.partition("$")[0]


def new_tokens(username: str) -> dict[str, str]:
    """Tokens of a person: an app-specific one, an OAuth one, and one that reads."""
    user = User.objects.get(username=username)
    return {
        "app": create_app_token(user, "tests", BY).secret.reveal(),
        "oauth": bearer(user, "repo:read repo:write repo:create"),
        "reading": bearer(user, "repo:read user:admin"),
    }


def site_token(username: str) -> str:
    """A person's OAuth token for the site, if they administer it, and for their own."""
    return bearer(User.objects.get(username=username), "super:user org:admin")


def robot_key(robot: str) -> int:
    """The primary key of the robot with this full name, as pages' addresses have it."""
    namespace, _, name = robot.partition("+")
    return Robot.objects.get(namespace__name=namespace, name=name).pk


def age(namespace: str, days: int) -> None:
    """Let everything in a namespace have happened `days` ago; uses are forgotten."""
    then = timezone.now() - timedelta(days=days)
    here = {"namespace__name": namespace}
    Robot.objects.filter(**here).update(created_at=then, last_used_at=None)
    RepositoryPermission.objects.filter(**here).update(created_at=then)
    Repository.objects.filter(**here).update(created_at=then)
    uses = RepositoryUse.objects.filter(repository__namespace__name=namespace)
    uses.update(first_used_at=then, last_used_at=then)


def use(namespace: str, robot: str, repository: str) -> None:
    """Let a robot have pulled from a repository just now."""
    now = timezone.now()
    found = Robot.objects.get(namespace__name=namespace, name=robot)
    Robot.objects.filter(pk=found.pk).update(last_used_at=now)
    pulled = Repository.objects.get(namespace__name=namespace, name=repository)
    RepositoryUse.objects.update_or_create(
        repository=pulled,
        robot=found,
        action="pull",
        defaults={"last_used_at": now},
        create_defaults={"first_used_at": now, "last_used_at": now},
    )
