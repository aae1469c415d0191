"""The site beside the model: things by their names, and what it says of them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.test import Client

from federation.models import Trust
from quaysite.models import User
from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.access import authorize, visible_repositories
from robots.credentials import Secret
from robots.decision import AccessRequest, Decision
from robots.failed_logins import failed_logins
from robots.identity import ANONYMOUS, Ceiling, Identity, Kind
from robots.lookup import (
    namespace_named,
    repository_named,
    robot_named,
    team_named,
    user_named,
)
from robots.models import Namespace, Robot, RobotToken
from robots.names import RepositoryName
from robots.roles import Action
from tests.federation.exchanges import Exchange
from tests.federation.signer import Signer
from tests.registryauth.endpoint import Endpoint, basic, body

Place = tuple[str, str]
"""A namespace, and the name of something in it."""

SIGNER = Signer(algorithm="ES256")


def thing(kind: str, space: str, name: str) -> Any:
    """The row of a robot, team, repository or person. Raises NotFound."""
    if kind == "person":
        return user_named(space)
    if kind == "robot":
        return robot_named(f"{space}+{name}")
    if kind == "repository":
        return repository_named(f"{space}/{name}")
    return team_named(namespace_named(space), name)


def trust(robot: Robot, subject: str) -> Trust:
    """Raises Trust.DoesNotExist."""
    return Trust.objects.select_related("robot__namespace").get(
        robot=robot, subject=subject
    )


def newest_token(robot: Robot) -> int:
    return RobotToken.objects.filter(robot=robot).latest("pk").pk


def identities() -> dict[str, Identity]:
    """Every caller by the name that the model has for it."""
    found = {"": ANONYMOUS}
    for person in User.objects.all():
        found[person.username] = Identity(Kind.USER, person.username, person.pk)
    for robot in Robot.objects.select_related("namespace"):
        found[robot.full_name] = Identity(
            Kind.ROBOT, robot.full_name, robot.pk, robot.namespace_id
        )
    return found


def decisions(
    identity: Identity, places: Iterable[Place], ceiling: Ceiling | None = None
) -> list[Decision]:
    """What the one function that decides says, of every action on each place."""
    asked = [AccessRequest(RepositoryName(*at), frozenset(Action)) for at in places]
    return authorize(identity._replace(ceiling=ceiling), asked, datetime.now(UTC))


def seen(identity: Identity, ceiling: Ceiling | None = None) -> set[Place]:
    """What the one queryset that lists says."""
    rows = visible_repositories(
        identity._replace(ceiling=ceiling), datetime.now(UTC)
    ).values_list("namespace__name", "name")
    return set(rows)


def lets_in(robot: str, secret: str) -> bool:
    """Whether the login of robots takes a secret; wrong ones are not counted."""
    try:
        found = authenticate_robot(robot, Secret(secret), datetime.now(UTC))
    except Unauthorized:
        return False
    assert found.name == robot
    return True


def spaces() -> set[str]:
    return set(Namespace.objects.values_list("name", flat=True))


class Asking:
    """Asks over HTTP, as clients do. Nobody is made to wait for wrong secrets."""

    def __init__(self) -> None:
        self._endpoint = Endpoint(Client())
        self._exchange = Exchange(self._endpoint.client)

    def access(
        self, login: str | None, asked: dict[Place, list[str]]
    ) -> tuple[int, dict[str, list[str]]]:
        """The status, and what the token grants; a verified one."""
        failed_logins.forget()
        scopes = [f"repository:{s}/{n}:{','.join(a)}" for (s, n), a in asked.items()]
        response = self._endpoint.get(*scopes, login=login)
        if response.status_code != 200:
            return response.status_code, {}
        entries = self._endpoint.claims(response)["access"]
        assert len(entries) == len(asked)
        return 200, {entry["name"]: sorted(entry["actions"]) for entry in entries}

    def exchanged(self, robot: str, subject: str) -> str | None:
        """The federated token for a token of the issuer, if there is one."""
        failed_logins.forget()
        response = self._exchange.get(SIGNER.token(sub=subject), robot)
        if response.status_code != 200:
            assert response.status_code in (400, 401, 403), response.content
            return None
        token: str = body(response)["token"]
        return token


def login(name: str, secret: str) -> str:
    return basic(name, secret)


def check_references() -> None:
    """Hold every row to the database's own rules, which wait for the end else."""
    connection.check_constraints()
