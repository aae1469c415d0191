"""One builder for each thing that tests need, with sensible defaults."""

import hashlib
from datetime import timedelta
from typing import Any

from django.utils import timezone

from quaysite.models import User
from robots import credentials
from robots.audit import Performer
from robots.credentials import Secret
from robots.identity import Identity, Kind, Method
from robots.imported_secrets import slow_hash
from robots.lifecycle.imported_secrets import keep_imported_secret
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.robots import create_robot
from robots.lifecycle.teams import add_member, set_team
from robots.models import (
    ImportedSecret,
    Namespace,
    Repository,
    RepositoryPermission,
    RepositoryUse,
    Robot,
    RobotToken,
    Team,
)
from robots.roles import State, TeamRole, Visibility

BY = Performer.command("tests")
PASSWORD = "correct horse battery staple"


def user(username: str, password: str = PASSWORD, **fields: Any) -> User:
    return User.objects.create_user(username, password=password, **fields)


def organization(name: str = "acme", owner: User | None = None) -> Namespace:
    return create_organization(name, BY, owner)


def robot(namespace: Namespace, name: str) -> tuple[Robot, Secret]:
    return create_robot(namespace, name, BY)


def repository(
    namespace: Namespace,
    name: str,
    visibility: Visibility = Visibility.PRIVATE,
    state: State = State.NORMAL,
) -> Repository:
    made = create_repository(namespace, name, BY, visibility=visibility)
    if state != State.NORMAL:
        made.state = state
        made.save(update_fields=["state"])
    return made


def team(
    namespace: Namespace,
    name: str,
    role: TeamRole = TeamRole.MEMBER,
    members: tuple[Robot | User, ...] = (),
) -> Team:
    made, _ = set_team(namespace, name, role, BY)
    for member in members:
        add_member(made, member, BY)
    return made


def imported_secret(of: Robot, secret: str, salt: str = "salt") -> ImportedSecret:
    """Let a robot log in with a secret that is known as Harbor's hash only."""
    text, salted = secret.encode("utf-8", "surrogatepass"), salt.encode()
    digest = hashlib.pbkdf2_hmac("sha256", text, salted, 4096, 16).hex()
    keep_imported_secret(of, slow_hash(salt, digest), BY)
    return of.imported_secret


def robot_identity(of: Robot) -> Identity:
    return Identity(
        Kind.ROBOT,
        of.full_name,
        of.pk,
        of.namespace_id,
        Method.STATIC_TOKEN,
        credential_id=of.tokens.get().pk,
    )


def user_identity(of: User) -> Identity:
    return Identity(Kind.USER, of.username, of.pk, method=Method.PASSWORD)


def use(
    repository: Repository, by: Robot | User, action: str = "pull", days: float = 0
) -> RepositoryUse:
    """One use, `days` ago."""
    when = timezone.now() - timedelta(days=days)
    caller = {"robot" if isinstance(by, Robot) else "user": by}
    return RepositoryUse.objects.create(
        repository=repository,
        action=action,
        first_used_at=when,
        last_used_at=when,
        **caller,
    )


def age_everything(days: float) -> None:
    """Let robots, teams and permissions be as old as that."""
    then = timezone.now() - timedelta(days=days)
    for rows in (Robot.objects, Team.objects, RepositoryPermission.objects):
        rows.update(created_at=then)


def stored_secret(of: Robot) -> str:
    """The robot's one static token, read back from its sealed copy."""
    token: RobotToken = of.tokens.get()
    secret = credentials.unseal(bytes(token.sealed or b""), token.digest)
    assert secret is not None
    return secret.reveal()
