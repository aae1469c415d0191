"""Repositories that exist: describe, open, close and delete them."""

from typing import Any

from django.db import transaction

from robots import audit
from robots.audit import Performer
from robots.errors import ForeignNamespace, NotFound
from robots.models import Repository, Robot
from robots.roles import State, Visibility
from robots.text import MAX_REPOSITORY_DESCRIPTION, check_description


def set_description(repository: Repository, description: str, by: Performer) -> None:
    """Say what a repository is for.

    Raises DomainError for a text that cannot be kept, NotFound if the repository is
    gone.
    """
    check_description(description, MAX_REPOSITORY_DESCRIPTION)
    _set(
        repository,
        {"description": description},
        by,
        "set_repo_description",
        description=description,
    )


def set_visibility(
    repository: Repository, visibility: Visibility, by: Performer
) -> None:
    """Let anybody pull, or only those with a grant. NotFound if it is gone."""
    _set(
        repository,
        {"visibility": visibility},
        by,
        "change_repo_visibility",
        visibility=visibility.label,
    )


def set_state(repository: Repository, state: State, by: Performer) -> None:
    """Take pushes from anybody, nobody, or its mirror robot. NotFound if it is gone."""
    _set(repository, {"state": state}, by, "change_repo_state", state=state.label)


def set_mirror_robot(
    repository: Repository, robot: Robot | None, by: Performer
) -> None:
    """Choose who alone pushes while the state is MIRROR. NotFound if it is gone.

    Raises ForeignNamespace for a robot of another namespace.
    """
    if robot is not None and robot.namespace_id != repository.namespace_id:
        raise ForeignNamespace(f"{robot.full_name} belongs to another namespace.")
    _set(
        repository,
        {"mirror_robot_id": robot.pk if robot else None},
        by,
        "change_repo_mirror_robot",
        mirror_robot=robot.full_name if robot else None,
    )


def delete_repository(repository: Repository, by: Performer) -> None:
    """Delete a repository with its permissions and stars. NotFound if it is gone."""
    with transaction.atomic():
        # Locked, so that a grant made meanwhile cannot keep the row from going.
        locked = _locked(repository, no_key=False)
        locked.delete()
        audit.record(
            "delete_repo",
            by,
            repository.namespace,
            repository,
            repo=repository.name,
        )


def _set(
    repository: Repository,
    fields: dict[str, Any],
    by: Performer,
    kind: str,
    **facts: str | None,
) -> None:
    """Store `fields` and record it; nothing happens where they are so already."""
    with transaction.atomic():
        locked = _locked(repository, no_key=True)
        if all(getattr(locked, name) == value for name, value in fields.items()):
            return
        for name, value in fields.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(fields))
        audit.record(
            kind, by, repository.namespace, repository, repo=repository.name, **facts
        )


def _locked(repository: Repository, *, no_key: bool) -> Repository:
    rows = Repository.objects.select_for_update(no_key=no_key)
    locked = rows.filter(pk=repository.pk).first()
    if locked is None:
        raise NotFound(f"There is no repository {repository.full_name}")
    return locked
