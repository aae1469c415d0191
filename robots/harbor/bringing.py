"""Bring robots of a Harbor here: all that can be in one transaction, or none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from robots.accessfile.reconcile import Outcome, PlannedChange, reconcile
from robots.accessfile.reconciling.ledger import ADDED
from robots.accessfile.reconciling.robots import ROBOT
from robots.audit import Performer
from robots.credentials import Deliver, Secret
from robots.errors import DomainError
from robots.harbor.planning import Plan, PlannedRobot, Terms, plan
from robots.harbor.records import HarborRobot
from robots.importing.leftovers import Leftover, Leftovers
from robots.lifecycle.imported_secrets import keep_imported_secret
from robots.lifecycle.tokens import live_imported_secrets
from robots.models import Robot
from robots.names import RobotName

KEPT, NEW, NONE = "kept", "new", "none"
"""What becomes of a robot's secret."""


class BroughtRobot(NamedTuple):
    """A robot that is here now, or would be."""

    robot: PlannedRobot
    secret: str

    def facts(self) -> dict[str, Any]:
        """As JSON. There is no secret in it."""
        found = self.robot.found
        return {
            "robot": str(self.robot.name),
            "harbor": found.name,
            "role": self.robot.role.label if self.robot.role else None,
            "enabled": not found.disabled,
            "expires_at": found.expires_at.isoformat() if found.expires_at else None,
            "secret": self.secret,
        }


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of one run, in the order of names."""

    robots: Sequence[BroughtRobot]
    organizations: Sequence[str]
    permissions: int
    left_out: Sequence[Leftover]
    waiting: int
    """Robots of the whole site whose kept secret has not logged in yet."""

    changes: Sequence[PlannedChange]


def bring(
    found: Iterable[HarborRobot],
    terms: Terms,
    by: Performer,
    *,
    leftovers: Leftovers,
    deliver: Deliver | None = None,
    dry_run: bool = False,
) -> Brought:
    """Create the robots that can be here, with the hashes of their secrets.

    One whose secret is not known gets a new token if there is where to `deliver` it,
    else none. What delivers is called last. Raises DomainError, and nothing is stored.
    """
    with transaction.atomic():
        planned = plan(found, terms, timezone.now())
        planned.leftovers.extend(leftovers.all())
        robots = [
            BroughtRobot(robot, _secret_of(robot, deliver))
            for _, robot in sorted(planned.robots.items())
        ]
        outcome = _store(planned, robots, terms, by)
        brought = _brought(planned, robots, outcome)
        if dry_run:
            transaction.set_rollback(True)
        elif deliver is not None and outcome.tokens:
            deliver(outcome.tokens)
    return brought


def _secret_of(robot: PlannedRobot, deliver: Callable[..., None] | None) -> str:
    if robot.found.kept is not None:
        return KEPT
    return NEW if deliver is not None else NONE


def _store(
    planned: Plan, robots: Sequence[BroughtRobot], terms: Terms, by: Performer
) -> Outcome:
    secrets: Mapping[str, Secret | None] = {
        str(one.robot.name): None for one in robots if one.secret != NEW
    }
    outcome = reconcile(planned.file(), by, secrets=secrets)
    _check_new(outcome.changes, robots)
    for one in robots:
        if one.robot.found.kept is not None:
            robot = _created(one.robot.name)
            kept = one.robot.found.kept
            keep_imported_secret(robot, kept, by, terms.secrets_until)
        elif one.secret == NONE:
            reason = "it is not known, so that the robot has none here"
            planned.leftovers.add("secret", str(one.robot.name), reason)
    return outcome


def _check_new(
    changes: Sequence[PlannedChange], robots: Sequence[BroughtRobot]
) -> None:
    """Raise DomainError unless exactly these robots were created, and none was here.

    Somebody else's robot must not get a secret.
    """
    created = {one.name for one in changes if (one.sign, one.noun) == (ADDED, ROBOT)}
    is_new = created == {str(one.robot.name) for one in robots}
    if not is_new or any(change.sign != ADDED for change in changes):
        raise DomainError("Somebody created one of the robots meanwhile: try again")


def _brought(
    planned: Plan, robots: Sequence[BroughtRobot], outcome: Outcome
) -> Brought:
    changes = outcome.changes
    return Brought(
        robots,
        [one.name for one in changes if one.noun == "organization"],
        [change.noun for change in changes].count("permission"),
        planned.leftovers.all(),
        live_imported_secrets(timezone.now()).count(),
        changes,
    )


def _created(name: RobotName) -> Robot:
    robots = Robot.objects.select_related("namespace")
    return robots.get(namespace__name=name.namespace, name=name.shortname)
