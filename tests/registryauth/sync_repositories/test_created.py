"""What `sync_repositories` creates, and what it tells."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from registryauth.arrivals import compare
from registryauth.management.commands import sync_repositories
from robots.lifecycle.organizations import delete_organization
from robots.models import (
    AuditEvent,
    Namespace,
    Repository,
    RepositoryPermission,
    TeamMember,
)
from robots.roles import Visibility
from tests import factories
from tests.conftest import Cast
from tests.registryauth.registry import FakeRegistry
from tests.registryauth.sync_repositories.syncing import Captured, facts, run, stored


def test_what_is_missing_is_created(registry: FakeRegistry, capsys: Captured) -> None:
    assert facts(registry, capsys, "--all") == {
        "dry_run": False,
        "organizations": [],
        "created": ["acme/a/b/c", "acme/new"],
        "here": 1,
        "deleted_before": [],
        "no_namespace": ["library/alpine", "none/x"],
        "refused": ["acme/Upper"],
        "only_here": ["acme/api", "acme/public"],
    }
    made = Repository.objects.get(name="a/b/c")
    assert made.visibility == Visibility.PRIVATE
    assert not RepositoryPermission.objects.filter(repository=made).exists()
    events = AuditEvent.objects.filter(performer_name="manage.py sync_repositories")
    assert sorted(events.values_list("kind", "namespace_name", "repository_name")) == [
        ("create_repo", "acme", "a/b/c"),
        ("create_repo", "acme", "new"),
    ]


def test_a_second_run_changes_nothing(registry: FakeRegistry, capsys: Captured) -> None:
    run(registry, "--all")
    before = stored()
    capsys.readouterr()
    again = facts(registry, capsys, "--all")
    assert (again["created"], again["here"]) == ([], 3)
    assert stored() == before


def test_it_tells_people_a_table(registry: FakeRegistry, capsys: Captured) -> None:
    run(registry, "--all")
    assert capsys.readouterr() == (
        f"""\
{registry.url}
  Created: organizations            0
  Created: repositories             2
  Here already                      1
  Deleted here before               0
  Without a namespace here          2
  Impossible names                  1
  Only here                         2

Created: repositories:
  acme/a/b/c
  acme/new

Without a namespace here:
  library/alpine
  none/x

Impossible names:
  "acme/Upper"

Only here:
  acme/api
  acme/public
""",
        "",
    )


def test_a_dry_run_tells_the_same_and_creates_nothing(
    registry: FakeRegistry, capsys: Captured
) -> None:
    before = stored()
    planned = facts(registry, capsys, "--all", "--dry-run", code=3)
    assert stored() == before
    done = facts(registry, capsys, "--all")
    assert planned == {**done, "dry_run": True}
    nothing = facts(registry, capsys, "--all", "--dry-run", code=0)
    assert nothing["created"] == []


def test_one_namespace_alone(registry: FakeRegistry, capsys: Captured) -> None:
    factories.organization("none")
    said = facts(registry, capsys, "--namespace", "none")
    assert (said["created"], said["only_here"]) == (["none/x"], [])
    assert not Repository.objects.filter(name="new").exists()


def test_several_namespaces(registry: FakeRegistry, capsys: Captured) -> None:
    factories.organization("none")
    said = facts(registry, capsys, "--namespace", "none", "--namespace", "acme")
    assert said["created"] == ["acme/a/b/c", "acme/new", "none/x"]


def test_organizations_are_created_with_their_owner(
    cast: Cast, registry: FakeRegistry, capsys: Captured
) -> None:
    said = facts(
        registry, capsys, "--all", "--create-organizations", "--owner", "alice"
    )
    assert said["organizations"] == ["library", "none"]
    assert said["created"] == ["acme/a/b/c", "acme/new", "library/alpine", "none/x"]
    assert said["no_namespace"] == []
    members = TeamMember.objects.filter(namespace__name__in=["library", "none"])
    assert {(m.team.name, m.user) for m in members} == {("owners", cast.alice)}
    assert members.count() == 2
    assert Namespace.objects.get(name="none").is_organization


def test_the_wanted_namespace_alone_is_created(
    registry: FakeRegistry, capsys: Captured
) -> None:
    said = facts(registry, capsys, "--namespace", "none", "--create-organizations")
    assert (said["organizations"], said["created"]) == (["none"], ["none/x"])
    assert not Namespace.objects.filter(name="library").exists()


def test_a_dry_run_creates_no_organization(
    registry: FakeRegistry, capsys: Captured
) -> None:
    before = stored()
    said = facts(
        registry, capsys, "--all", "--create-organizations", "--dry-run", code=3
    )
    assert said["organizations"] == ["library", "none"]
    assert stored() == before
    assert not Namespace.objects.filter(name="none").exists()


def test_all_organizations_are_created_or_none(
    cast: Cast, capsys: Captured, monkeypatch: Any
) -> None:
    """Somebody takes one of the names meanwhile."""

    def slowly(*arguments: Any) -> Any:
        found = compare(*arguments)
        factories.organization("later")
        return found

    monkeypatch.setattr(sync_repositories, "compare", slowly)
    with (
        FakeRegistry(["early/x", "later/x", "acme/new"]) as registry,
        pytest.raises(CommandError) as caught,
    ):
        run(registry, "--all", "--create-organizations")
    assert caught.value.returncode == 2
    assert not Namespace.objects.filter(name="early").exists()
    assert not AuditEvent.objects.filter(namespace_name="early").exists()
    assert not Repository.objects.filter(name="new").exists()


def test_they_may_be_public(cast: Cast, registry: FakeRegistry) -> None:
    run(registry, "--namespace", "acme", "--visibility", "public")
    new = Repository.objects.get(namespace=cast.acme, name="new")
    assert new.visibility == Visibility.PUBLIC
    assert Repository.objects.get(pk=cast.web.pk).visibility == Visibility.PRIVATE


def test_names_that_fill_the_terminal_are_shown_safely(
    cast: Cast, capsys: Captured
) -> None:
    names = ["acme/\x1b[2J", *(f"acme/B{number}" for number in range(25))]
    with FakeRegistry(names) as registry:
        run(registry, "--all")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert '"acme/\\u001b[2J"' in out
    assert "and 6 more" in out


def test_many_come_in_several_transactions(
    cast: Cast, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_repositories, "BATCH", 10)
    names = [f"acme/n{number:02}" for number in range(35)]
    with FakeRegistry(names) as registry:
        said = facts(registry, capsys, "--all", "--page-size", "8")
        assert [query["n"] for query in registry.queries] == ["8"] * 5
    assert said["created"] == names
    assert Repository.objects.filter(name__startswith="n").count() == 35


def test_a_namespace_that_goes_meanwhile_is_told_of(
    cast: Cast, registry: FakeRegistry, capsys: Captured, monkeypatch: Any
) -> None:
    def slowly(*arguments: Any) -> Any:
        found = compare(*arguments)
        delete_organization(cast.acme, factories.BY)
        return found

    monkeypatch.setattr(sync_repositories, "compare", slowly)
    said = facts(registry, capsys, "--all")
    assert said["created"] == []
    assert said["no_namespace"] == [
        *("library/alpine", "none/x", "acme/a/b/c", "acme/new")
    ]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("registry.example.com", "https://registry.example.com"),
        ("registry.example.com:5443", "https://registry.example.com:5443"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost", "http://localhost"),
        ("[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_the_registry_of_the_settings_is_asked(
    host: str, url: str, settings: Settings
) -> None:
    settings.REGISTRY_HOSTNAME = host
    assert sync_repositories._default_url() == url


def test_help_reads_well(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        call_command("sync_repositories", "--help")
    assert caught.value.code == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "manage.py sync_repositories --all --dry-run" in printed
    assert "3 --dry-run, and there is something to create" in printed
