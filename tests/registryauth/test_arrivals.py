"""A registry's repositories beside ours: every name has exactly one place."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registryauth.arrivals import Comparison, compare, create_arrivals
from robots.errors import NotFound
from robots.lifecycle.repository_changes import delete_repository
from robots.models import AuditEvent, DefaultPermission, Repository
from robots.names import RepositoryName
from robots.roles import Role, Visibility
from tests import factories
from tests.conftest import Cast


def texts(names: list[RepositoryName]) -> list[str]:
    return [str(name) for name in names]


def test_each_name_has_its_place(cast: Cast) -> None:
    factories.organization("library")
    delete_repository(cast.api, factories.BY)
    found = compare(
        [
            *("acme/web", "acme/new", "acme/a/b/c", "acme/api", "alpine"),
            *("none/x", "acme/Upper", "UPPER", "acme//x", "", "x" * 513),
        ],
        None,
    )
    assert texts(found.new) == ["acme/a/b/c", "acme/new", "library/alpine"]
    assert texts(found.here) == ["acme/web"]
    assert texts(found.gone) == ["acme/api"]
    assert texts(found.homeless) == ["none/x"]
    assert found.refused == ["", "UPPER", "acme//x", "acme/Upper", "x" * 513]
    assert texts(found.only_here) == ["acme/public"]


def test_two_names_of_one_repository_are_one(cast: Cast) -> None:
    factories.organization("library")
    found = compare(["alpine", "library/alpine", "alpine"], None)
    assert texts(found.new) == ["library/alpine"]


def test_other_namespaces_are_passed_over(cast: Cast) -> None:
    globex = factories.organization("globex")
    factories.repository(globex, "theirs")
    paths = ["acme/new", "globex/new", "globex/Bad", "acme/Bad", "none/x", "Bad"]
    found = compare(paths, {"acme"})
    assert texts(found.new) == ["acme/new"]
    assert found.refused == ["acme/Bad"]
    assert found.homeless == []
    assert texts(found.only_here) == ["acme/api", "acme/public", "acme/web"]


NAMES = st.sampled_from(
    ["acme/web", "acme/api", "acme/new", "alice/x", "none/y", "Bad/z", "alpine", "a/b"]
)


@given(paths=st.lists(NAMES), chosen=st.none() | st.sets(st.just("acme")))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_has_two_places_and_none_is_lost(
    cast: Cast, paths: list[str], chosen: set[str] | None
) -> None:
    found = compare(paths, chosen)
    places = [found.new, found.here, found.gone, found.homeless, found.only_here]
    listed = [name for place in places for name in place]
    assert len(listed) == len(set(listed))
    if chosen is None:
        known = {*texts(listed), *found.refused}
        assert {p if "/" in p else f"library/{p}" for p in paths} <= known
    else:
        assert {name.namespace for name in listed} <= chosen
    ours = {row.full_name for row in Repository.objects.select_related("namespace")}
    assert set(texts(found.here)) <= ours
    assert not set(texts(found.new)) & ours


def test_an_empty_registry_removes_nothing(cast: Cast) -> None:
    found = compare([], None)
    assert found == Comparison(only_here=found.only_here)
    assert len(found.only_here) == Repository.objects.count() == 3


@pytest.mark.parametrize("visibility", list(Visibility))
def test_new_ones_get_what_every_repository_gets(
    cast: Cast, visibility: Visibility
) -> None:
    DefaultPermission.objects.create(
        namespace=cast.acme, team=cast.team, role=Role.READ
    )
    DefaultPermission.objects.create(
        namespace=cast.acme, robot=cast.ci, creator_user=cast.alice, role=Role.ADMIN
    )
    made = create_arrivals(cast.acme, ["one", "two"], factories.BY, visibility)
    assert made == ["one", "two"]
    one = Repository.objects.get(namespace=cast.acme, name="one")
    assert one.visibility == visibility
    assert [(p.team, p.role) for p in one.permissions.all()] == [(cast.team, Role.READ)]
    events = AuditEvent.objects.filter(kind="create_repo", repository_name="one")
    assert [event.facts for event in events] == [
        {"repo": "one", "visibility": visibility.label}
    ]


def test_one_that_is_there_by_now_stays_as_it_is(cast: Cast) -> None:
    before = AuditEvent.objects.count()
    assert create_arrivals(cast.acme, ["web", "new"], factories.BY) == ["new"]
    assert AuditEvent.objects.count() == before + 1
    assert cast.web.permissions.count() == 2


def test_a_namespace_that_is_gone_or_renamed_gets_nothing(cast: Cast) -> None:
    before = Repository.objects.count(), AuditEvent.objects.count()
    cast.acme.name = "newco"
    with pytest.raises(NotFound, match="There is no namespace newco"):
        create_arrivals(cast.acme, ["new"], factories.BY)
    assert (Repository.objects.count(), AuditEvent.objects.count()) == before
