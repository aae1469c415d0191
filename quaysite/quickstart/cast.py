"""Who takes part in the demo's story: robots of its own, in the organization `acme`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from robots.audit import Performer
from robots.credentials import Secret
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.permissions import grant
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.robots import create_robot, delete_robot
from robots.models import Namespace, Repository, Robot
from robots.roles import Role

ORGANIZATION = "acme"
WRITER = "demo-ci"
READER = "demo-reader"
SHARED = "demo"
PRIVATE = "demo-private"

_BY = Performer.command("demo")


@dataclass(frozen=True, slots=True)
class Cast:
    """The full names of two robots and two repositories; the robots' first tokens."""

    writer: str
    writer_secret: Secret
    reader: str
    reader_secret: Secret
    shared: str
    private: str


@contextmanager
def cast() -> Iterator[Cast]:
    """Robots for the length of the story; its two repositories stay.

    The writer may push to the shared repository, the reader may pull it; neither
    has any right on the private one. Raises DomainError.
    """
    acme = _organization()
    _remove_robots(acme)
    shared, private = _repository(acme, SHARED), _repository(acme, PRIVATE)
    writer, reader = create_robot(acme, WRITER, _BY), create_robot(acme, READER, _BY)
    grant(shared, writer.robot, Role.WRITE, _BY)
    grant(shared, reader.robot, Role.READ, _BY)
    try:
        yield Cast(
            writer.robot.full_name,
            writer.secret,
            reader.robot.full_name,
            reader.secret,
            f"{acme}/{shared.name}",
            f"{acme}/{private.name}",
        )
    finally:
        _remove_robots(acme)


def _organization() -> Namespace:
    found = Namespace.objects.filter(name=ORGANIZATION).first()
    return found or create_organization(ORGANIZATION, _BY)


def _repository(namespace: Namespace, name: str) -> Repository:
    found = Repository.objects.filter(namespace=namespace, name=name).first()
    return found or create_repository(namespace, name, _BY)


def _remove_robots(namespace: Namespace) -> None:
    for robot in Robot.objects.filter(namespace=namespace, name__in=[WRITER, READER]):
        delete_robot(robot, _BY)
