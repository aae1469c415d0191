"""manage.py sync_repositories: what a registry has comes to exist, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from registryauth import signing
from registryauth.arrivals import compare
from registryauth.management.commands import sync_repositories
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.renames import rename_organization
from robots.lifecycle.repository_changes import delete_repository
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
from tests.registryauth.registry import FakeRegistry, Reply, page

Captured = pytest.CaptureFixture[str]

NAMES = ["acme/new", "acme/a/b/c", "acme/web", "acme/Upper", "alpine", "none/x"]


@pytest.fixture
def registry(cast: Cast) -> Iterator[FakeRegistry]:
    with FakeRegistry(NAMES) as registry:
        yield registry


def run(registry: FakeRegistry, *arguments: str) -> None:
    call_command("sync_repositories", "--url", registry.url, *arguments)


def facts(
    registry: FakeRegistry, capsys: Captured, *arguments: str, code: int = 0
) -> dict[str, Any]:
    """What the command says with --json, after checking its exit code."""
    found = 0
    try:
        run(registry, "--json", *arguments)
    except SystemExit as error:
        found = int(str(error.code))
    assert found == code
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said.pop("registry") == registry.url
    return said


def stored() -> tuple[set[str], int]:
    """Every repository, and how many audit events there are."""
    rows = Repository.objects.select_related("namespace")
    return {row.full_name for row in rows}, AuditEvent.objects.count()


def refusal(registry: FakeRegistry | None, *arguments: str) -> str:
    """The error of a command that changes nothing, not even the audit."""
    before = stored()
    url = ["--url", registry.url] if registry else []
    with pytest.raises(CommandError) as caught:
        call_command("sync_repositories", *url, *arguments)
    assert caught.value.returncode == 2
    assert stored() == before
    return str(caught.value)


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
    ("arguments", "error"),
    [
        ([], "one of the arguments --namespace --all is required"),
        (["--all", "--namespace", "acme"], "not allowed with argument"),
        (["--namespace", "globex"], "There is no namespace globex"),
        (["--all", "--owner", "alice"], "--owner is for --create-organizations"),
        (
            ["--all", "--create-organizations", "--owner", "nobody"],
            "There is no user nobody",
        ),
        (
            ["--all", "--service", "other"],
            "--service other is not in REGISTRY_SERVICES (127.0.0.1:5000)",
        ),
        (["--all", "--ca-file", "/nowhere.pem"], "--ca-file: /nowhere.pem cannot be"),
        (["--all", "--page-size", "0"], "'0' is not a number from 1 to 10000"),
        (["--all", "--page-size", "many"], "'many' is not a number from 1 to 10000"),
        (["--all", "--visibility", "secret"], "invalid choice: 'secret'"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused(
    registry: FakeRegistry, arguments: list[str], error: str
) -> None:
    with pytest.raises(CommandError) as caught:
        run(registry, *arguments)
    assert error in str(caught.value)
    assert registry.paths == []
    assert not Repository.objects.filter(name="new").exists()


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://192.0.2.1", "only this machine is asked without https"),
        ("ftp://127.0.0.1", "is not a URL"),
        ("https://user:word@registry.example.com", "no more"),
        ("https://:word@registry.example.com", "no more"),
        ("registry.example.com", "is not a URL"),
        ("https://[bad", "is not a URL"),
    ],
)
def test_a_wrong_address_is_refused(cast: Cast, url: str, error: str) -> None:
    message = refusal(None, "--all", "--url", url)
    assert error in message
    assert "word" not in message


def test_a_registry_that_is_not_there(cast: Cast) -> None:
    with FakeRegistry() as registry:
        url = registry.url
    assert refusal(None, "--all", "--url", url) == (
        f"{url}/v2/_catalog did not answer (Connection refused)"
    )


def test_a_registry_that_does_not_know_our_keys(
    registry: FakeRegistry, settings: Settings
) -> None:
    settings.REGISTRY_TOKEN_ISSUER = "somebody"
    message = refusal(registry, "--all")
    assert "refused our token: its `service` and `issuer` must be" in message
    assert registry.queries == []


def test_a_second_page_that_fails_creates_nothing_of_the_first(cast: Cast) -> None:
    link = '</v2/_catalog?last=acme/new>; rel="next"'

    def manners(query: dict[str, str]) -> Reply:
        return Reply(b"", 500) if "last" in query else page(["acme/new"], link)

    with FakeRegistry(manners=manners) as registry:
        assert refusal(registry, "--all").endswith("/v2/_catalog answered 500")


def test_no_signing_key(registry: FakeRegistry, settings: Settings) -> None:
    for path in settings.REGISTRY_SIGNING_KEYS_DIR.glob("*.pem"):
        path.write_text("nonsense")
    signing.forget_keys()
    assert "There is no signing key" in refusal(registry, "--all")


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
