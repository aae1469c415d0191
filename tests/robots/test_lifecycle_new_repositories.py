"""Many repositories at once: the same rows and events as one by one."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from robots.errors import AlreadyExists, DomainError, ForeignNamespace, NameInvalid
from robots.lifecycle.new_repositories import NewRepository, create_repositories
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Repository,
    RepositoryPermission,
)
from robots.roles import Role, State, Visibility
from robots.text import MAX_REPOSITORY_DESCRIPTION
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import unchanged


def events(*names: str) -> list[Any]:
    rows = AuditEvent.objects.filter(kind="create_repo", repository_name__in=names)
    return list(rows.order_by("repository_name").values())


def test_all_are_created_with_an_event_each(cast: Cast) -> None:
    made = create_repositories(
        cast.acme,
        [
            NewRepository("one"),
            NewRepository(
                "two/deep",
                Visibility.PUBLIC,
                State.MIRROR,
                "Mirrored",
                mirror_robot=cast.ci,
            ),
        ],
        BY,
    )
    one, two = (
        Repository.objects.get(name="one"),
        Repository.objects.get(pk=made["two/deep"]),
    )
    assert made == {"one": one.pk, "two/deep": two.pk}
    assert (one.visibility, one.state, one.mirror_robot) == (
        Visibility.PRIVATE,
        State.NORMAL,
        None,
    )
    assert (two.name, two.visibility, two.state) == (
        "two/deep",
        Visibility.PUBLIC,
        State.MIRROR,
    )
    assert (two.description, two.mirror_robot) == ("Mirrored", cast.ci)
    assert [event["facts"] for event in events("one", "two/deep")] == [
        {"repo": "one", "visibility": "private"},
        {
            "repo": "two/deep",
            "visibility": "public",
            "state": "MIRROR",
            "mirror_robot": "acme+ci",
        },
    ]


def test_an_event_is_the_same_as_that_of_one_repository(cast: Cast) -> None:
    create_repositories(cast.acme, [NewRepository("many")], BY)
    factories.repository(cast.acme, "single")
    many, single = events("many", "single")
    for event in (many, single):
        del event["id"], event["created_at"]
    single["facts"]["repo"] = single["repository_name"] = "many"
    assert many == single


def test_nobody_is_granted_anything(cast: Cast) -> None:
    DefaultPermission.objects.create(
        namespace=cast.acme, robot=cast.ci, role=Role.ADMIN
    )
    made = create_repositories(cast.acme, [NewRepository("new")], BY)
    granted = RepositoryPermission.objects.filter(repository=made["new"])
    assert not granted.exists()


def test_statements_do_not_grow_with_repositories(cast: Cast) -> None:
    def statements(count: int, prefix: str) -> int:
        new = [NewRepository(f"{prefix}{n}") for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            create_repositories(cast.acme, new, BY)
        return len(queries)

    assert statements(2, "a") == statements(50, "b")


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (NewRepository("Bad Name"), NameInvalid),
        (NewRepository("web"), AlreadyExists),
        (NewRepository("fine"), AlreadyExists),
        (
            NewRepository("long", description="x" * (MAX_REPOSITORY_DESCRIPTION + 1)),
            DomainError,
        ),
        (NewRepository("nul", description="\0"), DomainError),
    ],
)
def test_all_or_none(cast: Cast, bad: NewRepository, error: type[DomainError]) -> None:
    with unchanged(), pytest.raises(error):
        create_repositories(cast.acme, [NewRepository("fine"), bad], BY)


def test_a_mirror_robot_is_of_the_same_namespace(cast: Cast) -> None:
    robot, _ = factories.robot(factories.organization("other"), "ci")
    with unchanged(), pytest.raises(ForeignNamespace, match=r"other\+ci belongs to"):
        new = NewRepository("new", mirror_robot=robot)
        create_repositories(cast.acme, [new], BY)
