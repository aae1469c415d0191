"""Which repositories were given up here: by deletion, or by a namespace's new name."""

from datetime import datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from quaysite.lifecycle.people import delete_person
from robots.departures import departed_robots, departures, existed
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.renames import rename_organization
from robots.lifecycle.repository_changes import delete_repository
from robots.lifecycle.robots import delete_robot
from robots.models import AuditEvent
from robots.names import RepositoryName
from tests import factories
from tests.conftest import Cast

WEB = RepositoryName("acme", "web")
API = RepositoryName("acme", "api")
NEVER = RepositoryName("acme", "never")
OTHER = RepositoryName("globex", "web")


def latest(kind: str) -> datetime:
    return AuditEvent.objects.filter(kind=kind).latest("id").created_at


def test_nothing_was_given_up(cast: Cast) -> None:
    assert departures({WEB, API, NEVER, OTHER}) == {}
    assert departures(set()) == {}


def test_a_repository_that_was_deleted(cast: Cast) -> None:
    delete_repository(cast.web, factories.BY)
    assert departures({WEB, API, OTHER}) == {WEB: latest("delete_repo")}
    assert departures({API}) == {}


def test_only_the_pair_of_both_names_counts(cast: Cast) -> None:
    globex = factories.organization("globex")
    delete_repository(factories.repository(globex, "api"), factories.BY)
    delete_repository(cast.web, factories.BY)
    found = departures({WEB, API, OTHER, RepositoryName("globex", "api")})
    assert found.keys() == {WEB, RepositoryName("globex", "api")}


def test_the_last_deletion_counts(cast: Cast) -> None:
    delete_repository(cast.web, factories.BY)
    first = latest("delete_repo")
    delete_repository(factories.repository(cast.acme, "web"), factories.BY)
    assert departures({WEB})[WEB] == latest("delete_repo") > first


def test_all_of_an_organization_that_was_deleted(cast: Cast) -> None:
    delete_repository(cast.web, factories.BY)
    delete_organization(cast.acme, factories.BY)
    when = latest("org_delete")
    assert departures({WEB, NEVER, OTHER}) == {WEB: when, NEVER: when}


def test_a_deletion_after_the_organizations_counts(cast: Cast) -> None:
    delete_organization(cast.acme, factories.BY)
    acme = factories.organization("acme")
    delete_repository(factories.repository(acme, "web"), factories.BY)
    assert departures({WEB, API}) == {
        WEB: latest("delete_repo"),
        API: latest("org_delete"),
    }


def test_all_of_an_organization_that_has_another_name(cast: Cast) -> None:
    rename_organization(cast.acme, "newco", factories.BY)
    assert departures({WEB, OTHER, RepositoryName("newco", "web")}) == {
        WEB: latest("org_change_name")
    }


def test_all_of_a_person_who_is_gone(cast: Cast) -> None:
    delete_person(cast.bob, factories.BY)
    name = RepositoryName("bob", "tools")
    assert departures({name, WEB}) == {name: latest("user_delete")}


def test_two_queries_tell_of_many(cast: Cast) -> None:
    names = {RepositoryName("acme", f"n{number}") for number in range(3_000)}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert departures(names) == {}
    assert len(queries) == 2


def test_the_names_that_repositories_were_created_with(cast: Cast) -> None:
    globex = factories.organization("globex")
    factories.repository(globex, "never")
    delete_organization(cast.acme, factories.BY)
    assert existed({WEB, API, NEVER, OTHER}) == {WEB, API}
    assert existed(set()) == set()


def test_robots_that_were_deleted_here(cast: Cast) -> None:
    factories.robot(factories.organization("globex"), "old")
    assert departed_robots("acme") == set()
    delete_robot(factories.robot(cast.acme, "old")[0], factories.BY)
    assert departed_robots("acme") == {"old"}
    assert departed_robots("globex") == departed_robots("never") == set()
    factories.robot(cast.acme, "old")
    assert departed_robots("acme") == set()


def test_robots_that_went_with_their_organization(cast: Cast) -> None:
    globex = factories.organization("globex")
    factories.robot(globex, "gone")
    delete_organization(globex, factories.BY)
    factories.organization("globex")
    assert departed_robots("globex") == {"gone"}


def test_robots_stay_deleted_under_another_name_of_their_organization(
    cast: Cast,
) -> None:
    globex = factories.organization("globex")
    factories.robot(globex, "here")
    delete_robot(factories.robot(globex, "old")[0], factories.BY)
    rename_organization(globex, "newco", factories.BY)
    assert departed_robots("newco") == {"old"}
    assert departed_robots("globex") == {"here", "old"}
