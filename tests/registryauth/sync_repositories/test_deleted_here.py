"""What was deleted here and is still at the registry."""

from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.renames import rename_organization
from robots.lifecycle.repository_changes import delete_repository
from robots.models import Namespace, Repository
from tests import factories
from tests.conftest import Cast
from tests.registryauth.registry import FakeRegistry, page
from tests.registryauth.sync_repositories.syncing import Captured, facts


def test_what_was_deleted_here_comes_back_only_on_demand(
    cast: Cast, registry: FakeRegistry, capsys: Captured
) -> None:
    delete_repository(cast.web, factories.BY)
    said = facts(registry, capsys, "--all", "--create-organizations")
    assert said["deleted_before"] == ["acme/web"]
    assert not Repository.objects.filter(namespace=cast.acme, name="web").exists()
    said = facts(registry, capsys, "--all", "--restore")
    assert (said["created"], said["deleted_before"]) == (["acme/web"], [])
    restored = Repository.objects.get(namespace=cast.acme, name="web")
    assert restored.permissions.count() == 0


def test_what_was_deleted_comes_back_where_nothing_else_is_listed(
    cast: Cast, capsys: Captured
) -> None:
    delete_repository(cast.web, factories.BY)
    with FakeRegistry(manners=lambda query: page(["acme/web"])) as registry:
        said = facts(registry, capsys, "--all", "--restore")
    assert (said["created"], said["no_namespace"]) == (["acme/web"], [])
    assert Repository.objects.filter(namespace=cast.acme, name="web").exists()


def test_a_deleted_organization_comes_back_only_on_demand(
    cast: Cast, registry: FakeRegistry, capsys: Captured
) -> None:
    delete_organization(cast.acme, factories.BY)
    lost = ["acme/a/b/c", "acme/new", "acme/web"]
    said = facts(registry, capsys, "--all", "--create-organizations")
    assert said["deleted_before"] == lost
    assert "acme" not in said["organizations"]
    said = facts(registry, capsys, "--all", "--restore")
    assert said["no_namespace"] == lost
    said = facts(registry, capsys, "--all", "--restore", "--create-organizations")
    assert (said["organizations"], said["created"]) == (["acme"], lost)


def test_an_organization_made_anew_has_its_own_new_repositories(
    cast: Cast, registry: FakeRegistry, capsys: Captured
) -> None:
    """Of the names that the one before had, the images are those of before."""
    delete_organization(cast.acme, factories.BY)
    factories.organization("acme", owner=cast.charlie)
    said = facts(registry, capsys, "--all")
    assert said["created"] == ["acme/a/b/c", "acme/new"]
    assert said["deleted_before"] == ["acme/web"]
    said = facts(registry, capsys, "--all", "--restore")
    assert said["created"] == ["acme/web"]


def test_one_with_another_name_has_nothing_of_who_takes_it(
    cast: Cast, registry: FakeRegistry, capsys: Captured
) -> None:
    rename_organization(cast.acme, "newco", factories.BY)
    rename_organization(factories.organization("later"), "acme", factories.BY)
    Namespace.objects.filter(name="acme").update(created_at=cast.acme.created_at)
    said = facts(registry, capsys, "--all")
    assert said["deleted_before"] == ["acme/a/b/c", "acme/new", "acme/web"]


def test_what_was_deleted_of_the_new_one_stays_deleted(
    cast: Cast, registry: FakeRegistry, capsys: Captured
) -> None:
    delete_organization(cast.acme, factories.BY)
    anew = factories.organization("acme")
    delete_repository(factories.repository(anew, "new"), factories.BY)
    said = facts(registry, capsys, "--all")
    assert said["deleted_before"] == ["acme/new", "acme/web"]
