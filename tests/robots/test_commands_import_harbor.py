"""import_harbor: robots of Harbor come here with their secrets, or nothing does."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.accessfile.reconcile import reconcile
from robots.errors import DomainError
from robots.harbor.sources import read_export
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.robots import create_robot, delete_robot
from robots.models import (
    AuditEvent,
    DefaultPermission,
    ImportedSecret,
    Namespace,
    RepositoryPermission,
    Robot,
    RobotToken,
)
from robots.roles import Role
from tests import factories
from tests.registryauth.endpoint import Endpoint, basic
from tests.robots.harbor.exports import CSV, DUMP, HASHES, LEFT_OUT, SECRETS
from tests.robots.harbor.server import PASSWORD, USER, robot, served

Captured = pytest.CaptureFixture[str]

pytestmark = pytest.mark.django_db


class Told(NamedTuple):
    """What a run ended with."""

    code: int
    facts: dict[str, Any]

    @property
    def left_out(self) -> dict[str, str]:
        """Reasons by noun and name."""
        return {
            f"{left['noun']} {left['name']}": left["reason"]
            for left in self.facts["left_out"]
        }

    @property
    def robots(self) -> dict[str, dict[str, Any]]:
        return {robot["robot"]: robot for robot in self.facts["robots"]}


@pytest.fixture
def acme() -> Namespace:
    namespace = factories.organization("acme")
    for name in ("web", "api"):
        factories.repository(namespace, name)
    return namespace


def run(capsys: Captured, *arguments: str) -> Told:
    """Run it with --json."""
    code = 0
    try:
        call_command("import_harbor", "--json", *arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    shown = capsys.readouterr()
    assert shown.err == ""
    assert not any(secret in shown.out for secret in (*SECRETS.values(), *HASHES))
    return Told(code, json.loads(shown.out))


def stored() -> list[Any]:
    """Everything that an import could change."""
    models = (
        Namespace, Robot, RobotToken, ImportedSecret, RepositoryPermission,
        DefaultPermission, AuditEvent,
    )  # fmt: skip
    return [list(model.objects.order_by("pk").values()) for model in models]


def refusal(*arguments: str) -> str:
    """The error of a run that changes nothing."""
    before = stored()
    with pytest.raises(CommandError) as caught:
        call_command("import_harbor", *arguments)
    assert caught.value.returncode == 2
    assert stored() == before
    message = str(caught.value)
    assert not any(secret in message for secret in (*SECRETS.values(), *HASHES))
    return message


def roles() -> dict[str, dict[str, int]]:
    """The role of each robot on each repository."""
    found: dict[str, dict[str, int]] = {}
    for row in RepositoryPermission.objects.select_related("robot", "repository"):
        assert row.robot is not None
        place = found.setdefault(row.repository.full_name, {})
        place[row.robot.full_name] = row.role
    return found


@pytest.mark.parametrize("path", [CSV, DUMP])
def test_robots_come_from_either_file_with_their_secrets(
    path: Path, acme: Namespace, capsys: Captured, client: Client
) -> None:
    told = run(capsys, "--export", str(path), "--create-organizations")
    assert told.code == 3
    assert told.facts["organizations"] == ["lab"]
    assert {name: one["role"] for name, one in told.robots.items()} == {
        "acme+ci": "write",
        "acme+reader": "read",
        "acme+cleaner": "admin",
        "acme+legacy": None,
        "lab+ci": "write",
    }
    expected = {"acme+ci": Role.WRITE, "acme+reader": Role.READ,
                "acme+cleaner": Role.ADMIN}  # fmt: skip
    assert roles() == {"acme/web": expected, "acme/api": expected}
    assert told.facts["permissions"] == 6
    assert ImportedSecret.objects.count() == len(SECRETS)
    assert not RobotToken.objects.exists()
    endpoint = Endpoint(client)
    for name in ("acme+ci", "acme+reader", "lab+ci"):
        login = basic(f"robot${name}", SECRETS[name])
        assert endpoint.claims(endpoint.get(login=login))["sub"] == name
    assert RobotToken.objects.count() == 3
    assert ImportedSecret.objects.get().robot.name == "cleaner"


def test_what_a_robot_was_it_is(acme: Namespace, capsys: Captured) -> None:
    told = run(capsys, "--export", str(DUMP))
    ci, reader, cleaner = [
        Robot.objects.get(namespace=acme, name=name)
        for name in ("ci", "reader", "cleaner")
    ]
    assert ci.description == 'Builds\tand\n"pushes", C:\\images'
    assert (ci.enabled, ci.expires_at) == (True, None)
    assert reader.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert not cleaner.enabled
    assert told.robots["acme+reader"] == {
        "robot": "acme+reader",
        "harbor": "acme+reader",
        "role": "read",
        "enabled": True,
        "expires_at": "2030-01-01T00:00:00+00:00",
        "secret": "kept",
    }


def test_a_new_repository_grants_the_same(acme: Namespace, capsys: Captured) -> None:
    run(capsys, "--export", str(DUMP))
    create_repository(acme, "new", factories.BY)
    assert roles()["acme/new"] == roles()["acme/web"]


def test_each_robot_that_cannot_come_is_named(
    acme: Namespace, capsys: Captured
) -> None:
    told = run(capsys, "--export", str(DUMP))
    for name, reason in LEFT_OUT.items():
        assert told.left_out[f"robot {name}"].startswith(reason)
    assert told.left_out["robot lab+ci"].startswith("there is no organization lab here")
    assert told.left_out["access artifact:delete"] == "there is no such right here"
    assert told.left_out["secret acme+legacy"].startswith("it is not known")
    assert not Namespace.objects.filter(name="lab").exists()


def test_the_audit_tells_of_each_robot_and_its_secret(
    acme: Namespace, capsys: Captured
) -> None:
    run(capsys, "--export", str(DUMP))
    events = AuditEvent.objects.filter(performer_name="manage.py import_harbor")
    kinds = list(events.values_list("kind", flat=True))
    assert kinds.count("create_robot") == 4
    assert kinds.count("import_robot_secret") == 3
    assert kinds.count("create_prototype_permission") == 3
    told = str(list(AuditEvent.objects.values()))
    assert not any(secret in told for secret in (*SECRETS.values(), *HASHES))


def test_a_second_run_changes_nothing(acme: Namespace, capsys: Captured) -> None:
    run(capsys, "--export", str(DUMP))
    before = stored()
    told = run(capsys, "--export", str(DUMP))
    assert stored() == before
    assert told.facts["robots"] == []
    assert (
        told.left_out["robot acme+ci"] == "acme+ci is here already, and stays as it is"
    )


def test_a_robot_that_is_here_stays_as_it_is(acme: Namespace, capsys: Captured) -> None:
    made, _ = factories.robot(acme, "ci")
    before = list(Robot.objects.filter(pk=made.pk).values())
    told = run(capsys, "--export", str(DUMP))
    assert "acme+ci" not in told.robots
    assert list(Robot.objects.filter(pk=made.pk).values()) == before
    assert not ImportedSecret.objects.filter(robot=made).exists()
    assert not RepositoryPermission.objects.filter(robot=made).exists()
    assert made.tokens.count() == 1


def test_a_dry_run_tells_the_same_and_stores_nothing(
    acme: Namespace, capsys: Captured, tmp_path: Path
) -> None:
    before = stored()
    tokens = tmp_path / "tokens.json"
    arguments = ("--export", str(DUMP), "--create-organizations")
    dry = run(capsys, *arguments, "--dry-run", "--tokens-file", str(tokens))
    assert stored() == before
    assert not tokens.exists()
    done = run(capsys, *arguments, "--tokens-file", str(tokens))
    plan = dry.facts.pop("plan")
    assert dry.facts == {**done.facts, "dry_run": True}
    assert (plan["add"], plan["change"], plan["remove"]) == (len(plan["changes"]), 0, 0)
    nouns = [change["noun"] for change in plan["changes"]]
    assert nouns.count("permission") == done.facts["permissions"]
    assert nouns.count("robot") == len(done.robots)
    assert json.loads(tokens.read_text()).keys() == {"acme+legacy"}


def test_the_text_for_people(acme: Namespace, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        call_command("import_harbor", "--export", str(DUMP), "--project", "acme")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        "robot acme+ci: write, secret kept",
        "robot acme+cleaner: admin, secret kept, disabled",
        "robot acme+legacy: no role, secret none",
        "robot acme+reader: read, secret kept",
        "Brought 4 robots with 6 permissions: 3 keep their secret, 0 get a new one.",
        "Of all robots here 3 wait for a first login.",
    ]
    assert "  robot acme+expired: it expired at 2020-09-13T12:26:40+00:00" in lines
    assert not any("lab" in line or "everywhere" in line for line in lines)


def test_all_that_is_wanted_comes_with_exit_code_0(
    capsys: Captured, tmp_path: Path
) -> None:
    told = run(
        capsys, "--export", str(DUMP), "--project", "lab", "--create-organizations"
    )
    assert (told.code, told.left_out) == (0, {})
    assert told.robots.keys() == {"lab+ci"}


@pytest.mark.parametrize("most", Role)
def test_nobody_gets_more_than_the_most(
    most: Role, acme: Namespace, capsys: Captured
) -> None:
    run(capsys, "--export", str(DUMP), "--max-role", most.label)
    given = {role for place in roles().values() for role in place.values()}
    assert max(given) == most
    defaults = DefaultPermission.objects.values_list("role", flat=True)
    assert max(defaults) == most


def test_a_persons_namespace_takes_no_robots(capsys: Captured) -> None:
    factories.user("acme")
    told = run(capsys, "--export", str(DUMP), "--create-organizations")
    assert told.left_out["robot acme+ci"] == "acme is a person's own namespace here"
    assert told.robots.keys() == {"lab+ci"}


def test_no_robot_gets_anything_in_another_organization(
    acme: Namespace, capsys: Captured
) -> None:
    factories.repository(factories.organization("lab"), "web")
    factories.repository(factories.organization("other"), "web")
    run(capsys, "--export", str(DUMP))
    for row in RepositoryPermission.objects.select_related("robot", "repository"):
        assert row.robot is not None
        assert row.robot.namespace_id == row.repository.namespace_id
    assert roles().keys() == {"acme/web", "acme/api", "lab/web"}


def test_where_robots_are_disallowed_none_is_brought(
    acme: Namespace, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    assert "disabled" in refusal("--export", str(DUMP))


def test_a_failure_at_the_last_hash_leaves_nothing(
    acme: Namespace, tmp_path: Path
) -> None:
    with patch(
        "robots.harbor.bringing.keep_imported_secret",
        side_effect=[None, None, DomainError("the last one")],
    ):
        assert "the last one" in refusal("--export", str(DUMP))


def test_a_robot_whose_hash_is_none_of_harbors_is_left_out(
    acme: Namespace, capsys: Captured, tmp_path: Path
) -> None:
    path = tmp_path / "harbor.csv"
    path.write_text(CSV.read_text().replace(HASHES[1], "{bcrypt}"))
    told = run(capsys, "--export", str(path))
    assert told.left_out["robot acme+reader"].startswith("its secret is kept in no way")
    assert "acme+ci" in told.robots
    assert not Robot.objects.filter(name="reader").exists()


def test_a_robot_that_is_created_meanwhile_ends_it(acme: Namespace) -> None:
    factories.robot(acme, "ci")
    with patch("robots.harbor.planning._Places.check"):
        assert "meanwhile" in refusal("--export", str(DUMP))


def test_a_file_with_a_fault_brings_nothing(acme: Namespace, tmp_path: Path) -> None:
    path = tmp_path / "harbor.csv"
    path.write_text(CSV.read_text() + "1,2,3\n")
    assert refusal("--export", str(path)).startswith("harbor.csv:")


def test_the_api_gives_robots_and_a_file_takes_their_tokens(
    acme: Namespace, capsys: Captured, tmp_path: Path, client: Client
) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    robots = [robot("ci", "acme", "pull", "push"), robot("x", "acme", "pull")]
    with served({"acme": robots}) as server:
        told = run(
            capsys,
            *("--url", server.url, "--user", USER),
            *("--password-file", str(tmp_path / "password")),
            *("--tokens-file", str(tmp_path / "tokens.json")),
        )
    assert told.code == 3
    assert told.robots["acme+ci"]["secret"] == "new"
    assert told.left_out.keys() == {"robot robot$acme+x"}
    tokens = json.loads((tmp_path / "tokens.json").read_text())
    assert (tmp_path / "tokens.json").stat().st_mode & 0o777 == 0o600
    login = basic("acme+ci", tokens["acme+ci"])
    access = Endpoint(client).access("repository:acme/web:pull,push", login=login)
    assert sorted(access[0][1]) == ["pull", "push"]


def test_robots_of_the_api_have_no_token_where_none_is_asked_for(
    acme: Namespace, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARBOR_PASSWORD", PASSWORD)
    with served({"acme": [robot("ci", "acme", "pull")]}) as server:
        told = run(capsys, "--url", server.url, "--user", USER)
    assert told.robots["acme+ci"]["secret"] == "none"
    assert told.left_out["secret acme+ci"].startswith("it is not known")
    assert not RobotToken.objects.exists()


def test_the_api_needs_somebody_who_asks(acme: Namespace) -> None:
    assert "--user" in refusal("--url", "https://harbor.example.com")


def test_one_source_is_needed() -> None:
    for arguments in ([], ["--export", "a", "--url", "b"]):
        with pytest.raises(CommandError):
            call_command("import_harbor", *arguments)


def test_two_robots_of_one_name_come_once(
    acme: Namespace, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARBOR_PASSWORD", PASSWORD)
    legacy = robot("ci", "acme", "push", name="robot$ci")
    long = robot("cd", "acme", "pull", description="x" * 300)
    with served({"acme": [robot("ci", "acme", "pull"), legacy, long]}) as server:
        told = run(capsys, "--url", server.url, "--user", USER)
    assert told.robots["acme+ci"]["role"] == "read"
    assert told.left_out["robot robot$ci"] == "acme+ci was there before"
    assert told.left_out["description acme+cd"].startswith("only 255 characters")
    assert len(Robot.objects.get(name="cd").description) == 255


def test_a_text_that_cannot_be_stored_leaves_its_robot_out(
    acme: Namespace, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARBOR_PASSWORD", PASSWORD)
    robots = [robot("ci", "acme", "pull", description="a\0b")]
    with served({"acme": robots}) as server:
        told = run(capsys, "--url", server.url, "--user", USER)
    assert told.left_out["robot robot$acme+ci"] == "its description cannot be stored"
    assert not Robot.objects.exists()


def test_a_robot_that_was_deleted_here_does_not_come_back_by_itself(
    acme: Namespace, capsys: Captured, client: Client
) -> None:
    run(capsys, "--export", str(DUMP))
    delete_robot(Robot.objects.get(namespace=acme, name="ci"), factories.BY)
    before = stored()
    told = run(capsys, "--export", str(DUMP))
    assert stored() == before
    assert told.left_out["robot acme+ci"] == (
        "acme+ci was deleted here; --restore brings it back"
    )
    login = basic("acme+ci", SECRETS["acme+ci"])
    endpoint = Endpoint(client)
    assert endpoint.get(login=login).status_code == 401
    told = run(capsys, "--export", str(DUMP), "--restore")
    assert told.robots.keys() == {"acme+ci"}
    assert endpoint.get(login=login).status_code == 200


def test_a_kept_secret_waits_for_90_days_and_lasts_once_it_was_used(
    acme: Namespace, capsys: Captured, client: Client
) -> None:
    told = run(capsys, "--export", str(DUMP), "--project", "acme")
    assert told.facts["waiting"] == 3
    ends = {held.expires_at for held in ImportedSecret.objects.all()}
    in_90_days = timezone.now() + timedelta(days=90)
    (end,) = ends
    assert end is not None
    assert timedelta() <= in_90_days - end < timedelta(minutes=5)
    events = AuditEvent.objects.filter(kind="import_robot_secret")
    assert {event.facts["until"] for event in events} == {end.isoformat()}
    login = basic("acme+ci", SECRETS["acme+ci"])
    assert Endpoint(client).get(login=login).status_code == 200
    assert RobotToken.objects.get().expires_at is None
    assert run(capsys, "--export", str(DUMP)).facts["waiting"] == 2


def test_the_end_of_waiting_can_be_said(
    acme: Namespace, capsys: Captured, client: Client
) -> None:
    run(capsys, "--export", str(DUMP), "--secrets-until", "2090-01-01")
    ends = {held.expires_at for held in ImportedSecret.objects.all()}
    assert ends == {datetime(2090, 1, 1, tzinfo=UTC)}
    ImportedSecret.objects.update(expires_at=timezone.now())
    login = basic("acme+ci", SECRETS["acme+ci"])
    assert Endpoint(client).get(login=login).status_code == 401
    assert run(capsys, "--export", str(DUMP)).facts["waiting"] == 0


@pytest.mark.parametrize("when", ["soon", "2020-01-01", "2030-01-01T00:00:00"])
def test_an_end_that_is_none_is_refused(when: str, acme: Namespace) -> None:
    arguments = ("--export", str(DUMP), "--secrets-until", when)
    assert refusal(*arguments).startswith("--secrets-until: ")


def test_a_robot_that_harbor_hides_is_left_out(
    acme: Namespace, capsys: Captured, tmp_path: Path
) -> None:
    line = next(
        line
        for line in DUMP.read_text().splitlines()
        if line.startswith("1\tacme+ci\t")
    )
    hidden = line.replace("\tt\t3995", "\tf\t3995")
    assert hidden != line
    path = tmp_path / "registry.sql"
    path.write_text(DUMP.read_text().replace(line, hidden))
    told = run(capsys, "--export", str(path), "--project", "acme")
    assert told.left_out["robot acme+ci"] == "Harbor made it for itself and hides it"
    assert "acme+ci" not in told.robots
    assert not Robot.objects.filter(name="ci").exists()


def test_a_robot_whose_secret_is_empty_is_left_out(
    acme: Namespace, capsys: Captured, tmp_path: Path
) -> None:
    salt = "salt01Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a"
    empty = hashlib.pbkdf2_hmac("sha256", b"", salt.encode(), 4096, 16).hex()
    assert salt in CSV.read_text()
    path = tmp_path / "harbor.csv"
    path.write_text(CSV.read_text().replace(HASHES[0], empty))
    told = run(capsys, "--export", str(path), "--project", "acme")
    assert told.left_out["robot acme+ci"] == "its secret is empty"
    assert not Robot.objects.filter(name="ci").exists()


def test_a_rule_that_denies_counts_without_a_scope(
    acme: Namespace, capsys: Captured, tmp_path: Path
) -> None:
    robot_columns = f"1,acme+ci,2,acme,,-1,f,salt,{HASHES[0]}"
    path = tmp_path / "harbor.csv"
    path.write_text(
        f"{CSV.read_text().splitlines()[0]}\n"
        f"{robot_columns},/project/2,repository,*,allow\n"
        f"{robot_columns},,repository,push,deny\n"
    )
    told = run(capsys, "--export", str(path))
    assert told.left_out["robot acme+ci"].startswith("it may act outside")
    assert not Robot.objects.exists()


def test_an_unknown_project_is_refused(
    acme: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--export", str(CSV), "--project", "acme", "--project", "acmee")
    assert "acmee" in refusal(*arguments)
    monkeypatch.setenv("HARBOR_PASSWORD", PASSWORD)
    with served({"acme": [robot("ci", "acme", "pull")]}) as server:
        asked = ("--url", server.url, "--user", USER, "--project", "acmee")
        assert "acmee" in refusal(*asked)


def test_tokens_are_delivered_last(acme: Namespace, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    arguments = ("--export", str(CSV), "--project", "acme")
    with patch(
        "robots.harbor.bringing.keep_imported_secret", side_effect=DomainError("boom")
    ):
        assert "boom" in refusal(*arguments, "--tokens-file", str(tokens))
    assert not tokens.exists()
    assert "exit code" in refusal(*arguments, "--tokens-command", "false")


def test_somebody_elses_robot_gets_no_secret_however_alike(
    acme: Namespace, client: Client
) -> None:
    """Created after the plan, with all that Harbor's robot has."""

    def late(*arguments: Any, **options: Any) -> Any:
        description = read_export(str(CSV))[0].description
        create_robot(acme, "ci", factories.BY, description=description)
        return reconcile(*arguments, **options)

    with (
        patch("robots.harbor.bringing.reconcile", late),
        pytest.raises(CommandError) as caught,
    ):
        call_command("import_harbor", "--export", str(CSV), "--project", "acme")
    assert "meanwhile" in str(caught.value)
    assert not ImportedSecret.objects.exists()
    login = basic("acme+ci", SECRETS["acme+ci"])
    assert Endpoint(client).get(login=login).status_code == 401


def test_a_dry_run_names_each_change(acme: Namespace, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        call_command("import_harbor", "--export", str(CSV), "--dry-run")
    lines = capsys.readouterr().out.splitlines()
    assert any("permission" in line and "acme/web" in line for line in lines)
    assert any("default permission" in line for line in lines)
    assert "robot acme+ci: write, secret kept" in lines
    assert "Of all robots here 3 would wait for a first login." in lines
