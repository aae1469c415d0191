"""Many repositories at once, as a file or another registry lists them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from robots import audit, names
from robots.audit import Performer
from robots.batches import batches
from robots.errors import AlreadyExists, ForeignNamespace
from robots.models import AuditEvent, Namespace, Repository, Robot
from robots.roles import State, Visibility
from robots.text import MAX_REPOSITORY_DESCRIPTION, check_description


class NewRepository(NamedTuple):
    """A repository to be; its name is the one below its namespace."""

    name: str
    visibility: Visibility = Visibility.PRIVATE
    state: State = State.NORMAL
    description: str = ""
    mirror_robot: Robot | None = None


def create_repositories(
    namespace: Namespace, new: Sequence[NewRepository], by: Performer
) -> dict[str, int]:
    """Create them all or none, one event each; answers their keys by name.

    Nobody is granted anything: default permissions are for those who push. Raises
    NameInvalid, DomainError for a description that cannot be kept, ForeignNamespace
    for a mirror robot of another namespace, or AlreadyExists.
    """
    for one in new:
        _check(namespace, one)
    made: dict[str, int] = {}
    try:
        with transaction.atomic():
            for batch in batches(new):
                rows = Repository.objects.bulk_create(_rows(namespace, batch))
                AuditEvent.objects.bulk_create(_events(namespace, rows, by))
                made.update((row.name, row.pk) for row in rows)
    except IntegrityError:
        raise AlreadyExists(
            f"A repository of {namespace.name} came to exist meanwhile"
        ) from None
    return made


def _check(namespace: Namespace, new: NewRepository) -> None:
    names.check_repository_name(new.name)
    check_description(new.description, MAX_REPOSITORY_DESCRIPTION)
    robot = new.mirror_robot
    if robot is not None and robot.namespace_id != namespace.pk:
        raise ForeignNamespace(f"{robot.full_name} belongs to another namespace.")


def _rows(namespace: Namespace, new: Sequence[NewRepository]) -> Iterator[Repository]:
    for one in new:
        yield Repository(namespace=namespace, **one._asdict())


def _events(
    namespace: Namespace, rows: Sequence[Repository], by: Performer
) -> Iterator[AuditEvent]:
    for row in rows:
        yield audit.unsaved(
            "create_repo",
            by,
            namespace,
            row,
            repo=row.name,
            visibility=Visibility(row.visibility).label,
            **_unusual(row),
        )


def _unusual(row: Repository) -> dict[str, Any]:
    """Facts of what a new repository usually has not."""
    facts: dict[str, Any] = {}
    if row.state != State.NORMAL:
        facts["state"] = State(row.state).label
    if row.mirror_robot is not None:
        facts["mirror_robot"] = row.mirror_robot.full_name
    return facts
