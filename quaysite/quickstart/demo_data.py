"""What the quick start puts into an empty database, and how it is found again."""

import secrets

from django.db import transaction

from quaysite.models import User
from robots import credentials
from robots.audit import Performer
from robots.credentials import Secret
from robots.lifecycle.organizations import OWNERS_TEAM, create_organization
from robots.lifecycle.permissions import grant
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.robots import create_robot
from robots.lifecycle.teams import add_member
from robots.models import Namespace, RobotToken, Team, TokenOrigin
from robots.roles import Role

ADMIN = "admin"
ORGANIZATION = "acme"
WRITER = "ci"
READER = "reader"
REPOSITORY = "web"
PRIVATE_REPOSITORY = "api"

_BY = Performer.command("quickstart")
_PASSWORD_BYTES = 15


def ensure_organization() -> dict[str, Secret]:
    """Create `acme` with its repositories and robots, unless there is an `acme`.

    What somebody changed or deleted since is never put back. The secrets, by full
    robot name, are those of robots created now. Raises DomainError.
    """
    if Namespace.objects.filter(name=ORGANIZATION).exists():
        return {}
    with transaction.atomic():
        acme = create_organization(ORGANIZATION, _BY)
        web = create_repository(acme, REPOSITORY, _BY)
        create_repository(acme, PRIVATE_REPOSITORY, _BY)
        writer = create_robot(acme, WRITER, _BY, description="Builds and pushes")
        reader = create_robot(acme, READER, _BY, description="Pulls only")
        grant(web, writer.robot, Role.WRITE, _BY)
        grant(web, reader.robot, Role.READ, _BY)
    return {new.robot.full_name: new.secret for new in (writer, reader)}


def ensure_admin() -> Secret | None:
    """Create the superuser `admin`, an owner of `acme`, unless there is a superuser.

    The password of one created now; None if there was one already, or if `admin`
    is somebody or something else.
    """
    taken = Namespace.objects.filter(name=ADMIN).exists()
    if taken or User.objects.filter(is_superuser=True).exists():
        return None
    password = Secret(secrets.token_urlsafe(_PASSWORD_BYTES))
    with transaction.atomic():
        admin = User.objects.create_superuser(ADMIN, password=password.reveal())
        owners = Team.objects.filter(namespace__name=ORGANIZATION, name=OWNERS_TEAM)
        if team := owners.first():
            add_member(team, admin, _BY)
    return password


def stored_secret(shortname: str) -> Secret | None:
    """The newest static token of a robot of `acme`; None if it cannot be read."""
    token = (
        RobotToken.objects.filter(
            robot__namespace__name=ORGANIZATION,
            robot__name=shortname,
            origin=TokenOrigin.STATIC,
            sealed__isnull=False,
        )
        .order_by("-created_at")
        .first()
    )
    if token is None or token.sealed is None:
        return None
    return credentials.unseal(bytes(token.sealed), token.digest)
