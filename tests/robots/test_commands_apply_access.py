"""apply_access: the plan, the exit code, and where new tokens go."""

import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from registryauth.robot_login import authenticate_robot
from robots.accessfile import shown
from robots.credentials import Secret
from robots.management.commands import apply_access
from robots.models import AuditEvent, Namespace, RepositoryPermission, Robot
from tests import factories
from tests.conftest import Cast
from tests.robots.accessfile.applying import HEAD
from tests.robots.accessfile.bad_files import BAD_FILES, BadFile
from tests.robots.accessfile.files import AFTER, BEFORE, PLAN
from tests.robots.ledger import unchanged
from tests.robots.test_commands_create_robot import NOW

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]

WARNING = "This leaves acme without administrators: no team of it has the role admin."
ONE_ROBOT = f"{HEAD}  acme:\n    robots:\n      new: {{}}\n"


@pytest.fixture
def before(tmp_path: Path, capsys: Captured) -> None:
    """The database as BEFORE says."""
    factories.user("alice")
    factories.user("bob")
    written(tmp_path, "before.yaml", BEFORE)
    run(tmp_path / "before.yaml", "--tokens-file", tmp_path / "first.json")
    capsys.readouterr()


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def run(*arguments: object) -> int:
    """The exit code."""
    try:
        call_command("apply_access", *map(str, arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def refusal(*arguments: object) -> str:
    with unchanged(), pytest.raises(CommandError) as caught:
        call_command("apply_access", *map(str, arguments))
    assert caught.value.returncode == 2
    return str(caught.value)


@pytest.mark.usefixtures("before")
def test_a_dry_run_shows_the_plan_and_changes_nothing(
    tmp_path: Path, capsys: Captured
) -> None:
    path = written(tmp_path, "acme.yaml", AFTER)
    with unchanged():
        assert run(path, "--prune", "--dry-run") == 3
    out, err = capsys.readouterr()
    assert out == (
        f"{PLAN}{WARNING}\n"
        "14 changes marked ! let somebody do more; 1 of them gives admin.\n"
        "Plan: 11 to add, 16 to change, 10 to remove.\n"
    )
    assert err == ""


@pytest.mark.usefixtures("before")
def test_what_is_done_is_told_as_it_was_planned(
    tmp_path: Path, capsys: Captured
) -> None:
    path = written(tmp_path, "acme.yaml", AFTER)
    tokens = tmp_path / "tokens.json"
    assert run(path, "--prune", "--tokens-file", tokens) == 0
    out, _ = capsys.readouterr()
    assert out.startswith(PLAN)
    assert out.endswith("Done: 11 added, 16 changed, 10 removed.\n")
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o600
    new = json.loads(tokens.read_text())
    # acme+fresh has trusts.
    assert sorted(new) == ["alice+other"]
    assert not any(token in out for token in new.values())
    performers = AuditEvent.objects.values_list("performer_name", flat=True)
    assert set(performers) == {"manage.py apply_access"}
    assert run(path, "--prune") == 0
    nothing = "Nothing to do: all is as the file says.\n"
    assert capsys.readouterr().out == f"{WARNING}\n{nothing}"
    assert run(path, "--prune", "--dry-run") == 0
    Namespace.objects.update(enabled=True)
    assert authenticate_robot("alice+other", Secret(new["alice+other"]), NOW)


@pytest.mark.usefixtures("before")
def test_what_only_the_database_has_is_counted(
    tmp_path: Path, capsys: Captured
) -> None:
    path = written(tmp_path, "acme.yaml", AFTER)
    assert run(path, "--dry-run") == 3
    out = capsys.readouterr().out.splitlines()
    assert out[-3] == "10 more are only here; --prune removes them."
    assert out[-1] == "Plan: 11 to add, 16 to change, 0 to remove."


@pytest.mark.usefixtures("before")
def test_as_json(tmp_path: Path, capsys: Captured) -> None:
    path = written(tmp_path, "acme.yaml", AFTER)
    assert run(path, "--prune", "--dry-run", "--json") == 3
    planned = json.loads(capsys.readouterr().out)
    changes = planned.pop("changes")
    assert planned == {
        "dry_run": True,
        "add": 11,
        "change": 16,
        "remove": 10,
        "left": 0,
        "warnings": [WARNING],
        "widening": 14,
        "new_tokens": [],
    }
    assert len(changes) == 36
    assert changes[6] == {
        "sign": "+",
        "noun": "robot",
        "name": "acme+fresh",
        "details": ["description 'New'"],
        "widens": False,
        "removes": False,
    }
    tokens = tmp_path / "tokens.json"
    assert run(path, "--prune", "--json", "--tokens-file", tokens) == 0
    out = capsys.readouterr().out
    done = json.loads(out)
    assert done.pop("changes") == changes
    assert done == {
        **planned,
        "dry_run": False,
        "new_tokens": ["alice+other"],
    }
    assert not any(token in out for token in json.loads(tokens.read_text()).values())


def test_new_robots_need_a_place_for_their_tokens(cast: Cast, tmp_path: Path) -> None:
    path = written(tmp_path, "acme.yaml", ONE_ROBOT)
    assert refusal(path) == (
        "New robots get tokens: say --tokens-file or --tokens-command. New are acme+new"
    )
    many = "".join(f"      r{n}: {{}}\n" for n in range(7))
    path = written(tmp_path, "many.yaml", ONE_ROBOT + many)
    assert refusal(path).endswith(
        "New are acme+new, acme+r0, acme+r1, acme+r2, acme+r3 and 3 more"
    )
    assert run(path, "--dry-run") == 3


def test_a_new_robot_with_trusts_needs_no_place(cast: Cast, tmp_path: Path) -> None:
    trust = "{issuer: 'https://a.example.com', subject: me}"
    text = f"{HEAD}  acme:\n    robots:\n      new: {{trusts: [{trust}]}}\n"
    assert run(written(tmp_path, "acme.yaml", text)) == 0
    assert not Robot.objects.get(name="new").tokens.exists()


def test_a_token_without_a_place_is_never_stored(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A robot that was deleted since the command looked is a new one."""
    monkeypatch.setattr(apply_access, "new_robots", lambda files: [])
    path = written(tmp_path, "acme.yaml", ONE_ROBOT)
    assert refusal(path).endswith("New are acme+new")


def test_tokens_go_to_a_command(cast: Cast, tmp_path: Path, capfd: Captured) -> None:
    path, got = written(tmp_path, "acme.yaml", ONE_ROBOT), tmp_path / "got"
    assert refusal(path, "--tokens-command", "cat; exit 3") == (
        "--tokens-command: ended with exit code 3; nothing was stored"
    )
    assert run(path, "--tokens-command", f"tee {got}") == 0
    new = json.loads(got.read_text())
    assert authenticate_robot("acme+new", Secret(new["acme+new"]), NOW)
    out, err = capfd.readouterr()
    assert new["acme+new"] not in out + err


def test_a_file_of_tokens_is_never_overwritten(cast: Cast, tmp_path: Path) -> None:
    path = written(tmp_path, "acme.yaml", ONE_ROBOT)
    tokens = written(tmp_path, "tokens.json", "precious")
    assert refusal(path, "--tokens-file", tokens) == (
        f"--tokens-file: {tokens} exists already"
    )
    assert tokens.read_text() == "precious"


def test_without_new_robots_no_file_of_tokens_is_made(
    cast: Cast, tmp_path: Path
) -> None:
    path = written(tmp_path, "acme.yaml", f"{HEAD}  acme: {{enabled: false}}\n")
    assert run(path, "--tokens-file", tmp_path / "tokens.json") == 0
    assert not (tmp_path / "tokens.json").exists()


def test_a_table_of_permissions(cast: Cast, tmp_path: Path, capsys: Captured) -> None:
    path = written(
        tmp_path,
        "acme.csv",
        "repository,grantee,role,until\n"
        "acme/web,acme+ci,none,\nacme/web,bob,read,2030-01-01T00:00:00+00:00\n",
    )
    assert run(path) == 0
    assert capsys.readouterr().out == (
        "! + permission acme/web bob (read until 2030-01-01T00:00:00+00:00)\n"
        "1 more is only here; --prune removes it.\n"
        "1 change marked ! lets somebody do more.\n"
        "Done: 1 added, 0 changed, 0 removed.\n"
    )
    assert run(path, "--prune") == 0
    assert not RepositoryPermission.objects.filter(robot=cast.ci).exists()


def test_a_table_creates_nothing_but_permissions(cast: Cast, tmp_path: Path) -> None:
    head = "repository,grantee,role,until\n"
    path = written(tmp_path, "acme.csv", f"{head}acme/wbe,bob,read,\n")
    assert refusal(path).startswith(f"{path}:2: there is no repository acme/wbe")
    path = written(tmp_path, "other.csv", f"{head}amce/web,bob,read,\n")
    assert "there is no namespace amce" in refusal(path)


def test_stdin(cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def stdin(text: str) -> None:
        buffer = io.BytesIO(text.encode())
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(buffer))

    stdin(f"{HEAD}  acme: {{enabled: false}}\n")
    assert run("-") == 0
    assert capsys.readouterr().out.startswith("  ~ organization acme: enabled true")
    stdin(f"{HEAD}  acme: {{enable: false}}\n")
    assert refusal("-").startswith("stdin:3: namespaces.acme: unknown key 'enable'")
    assert refusal("-", "-") == "FILE: stdin can be read only once"


def test_other_namespaces_than_those_of_only_are_refused_unseen(
    cast: Cast, tmp_path: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mine = written(tmp_path, "mine.yaml", f"{HEAD}  acme: {{enabled: false}}\n")
    text = f"{HEAD}  alice: {{personal: true, repositories: {{}}}}\n  none: {{}}\n"
    other = written(tmp_path, "other.yaml", text)
    for options in ((), ("--dry-run",), ("--prune", "--json")):
        with django_assert_num_queries(0), pytest.raises(CommandError) as caught:
            call_command("apply_access", str(mine), str(other), *options, only=["acme"])
        assert caught.value.returncode == 2
        assert str(caught.value) == (
            f"{other}:3: alice is not among the namespaces of --only"
        )
    told = refusal(mine, other, "--only", "alice", "--only", "acme")
    assert told == f"{other}:4: none is not among the namespaces of --only"
    assert refusal(mine, "--only", "").startswith(f"{mine}:3: acme is not")
    assert run(mine, "--only", "acme", "--only", "alice") == 0
    assert not Namespace.objects.get(name="acme").enabled


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_what_is_to_take_access_away_gives_none(
    cast: Cast, tmp_path: Path, dry: tuple[str, ...]
) -> None:
    """A plan that is old: what it lowers was taken away, or deleted, since then."""
    RepositoryPermission.objects.filter(robot=cast.ci).delete()
    text = (
        f"{HEAD}  acme:\n    partial: true\n"
        "    robots: {gone: {enabled: false}, reader: {enabled: false}}\n"
        "    repositories: {web: {permissions: {acme+ci: read}}}\n"
    )
    path = written(tmp_path, "trim.yaml", text)
    arguments = (path, "--prune", "--tokens-file", tmp_path / "new", *dry)
    assert refusal(*arguments, "--refuse-widening") == (
        "--refuse-widening: + robot acme+gone (enabled false);"
        " ! + permission acme/web acme+ci (read)"
    )
    assert not (tmp_path / "new").exists()
    path.write_text(
        text.replace("gone: {enabled: false}, ", "").replace("read}", "none}")
    )
    assert run(path, "--prune", "--refuse-widening") == 0
    assert not Robot.objects.get(name="reader").enabled


def test_an_organization_without_administrators_is_told(
    cast: Cast, tmp_path: Path, capsys: Captured
) -> None:
    path = written(tmp_path, "acme.yaml", f"{HEAD}  acme: {{teams: {{}}}}\n")
    assert run(path, "--prune", "--dry-run") == 3
    assert WARNING in capsys.readouterr().out.splitlines()
    assert run(path, "--prune", "--json") == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == [WARNING]


def test_several_files_are_one_step(
    cast: Cast, tmp_path: Path, capsys: Captured
) -> None:
    one = written(tmp_path, "one.yaml", f"{HEAD}  acme: {{enabled: false}}\n")
    two = written(tmp_path, "two.yaml", f"{HEAD}  other: {{}}\n")
    bad = written(tmp_path, "bad.yaml", f"{HEAD}  alice: {{}}\n")
    assert refusal(one, two, bad).startswith(f"{bad}:3: alice is a person's own")
    assert refusal(one, one).startswith(f"{one}:3: the namespace acme is in {one}")
    assert run(one, two) == 0
    assert capsys.readouterr().out.endswith("Done: 1 added, 1 changed, 0 removed.\n")


def test_a_file_that_cannot_be_read(cast: Cast, tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml").endswith(": No such file or directory")
    assert refusal(tmp_path).endswith(": Is a directory")


@pytest.mark.parametrize("bad", BAD_FILES, ids=lambda bad: bad.id)
def test_a_bad_file_changes_nothing(cast: Cast, tmp_path: Path, bad: BadFile) -> None:
    path = bad.written(tmp_path)
    told = refusal(path, "--prune", "--tokens-file", tmp_path / "tokens.json")
    assert f"{tmp_path}/{bad.place}" in told
    assert bad.says in told
    assert not (tmp_path / "tokens.json").exists()


def test_a_long_plan_is_shown_in_part(
    cast: Cast, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "MOST_LINES", 200)
    robots = "".join(f"      r{n}: {{}}\n" for n in range(150))
    teams = "".join(f"      t{n}: {{}}\n" for n in range(60))
    text = f"{HEAD}  acme:\n    robots:\n{robots}    teams:\n{teams}"
    path = written(tmp_path, "acme.yaml", text)
    assert run(path, "--dry-run") == 3
    out = capsys.readouterr().out.splitlines()
    assert out[200] == "    and 10 more (10 + team); --show-all shows them"
    assert out[-1] == "Plan: 210 to add, 0 to change, 0 to remove."
    assert run(path, "--dry-run", "--show-all") == 3
    assert len(capsys.readouterr().out.splitlines()) == 212
    assert run(path, "--dry-run", "--json") == 3
    assert len(json.loads(capsys.readouterr().out)["changes"]) == 210


def test_nothing_moves_the_cursor(cast: Cast, tmp_path: Path, capsys: Captured) -> None:
    evil = "\x1b[2J\u202eevil"
    Robot.objects.filter(pk=cast.ci.pk).update(description=evil, metadata={"a": evil})
    text = "acme: {robots: {ci: {description: x, metadata: {}}, reader: {}}}"
    path = written(tmp_path, "acme.yaml", f"version: 1\nnamespaces: {{{text}}}\n")
    assert run(path, "--dry-run") == 3
    assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_colours_are_for_terminals(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    path = written(tmp_path, "acme.yaml", f"{HEAD}  acme: {{enabled: false}}\n")
    options: dict[str, Any] = {"dry_run": True}
    with pytest.raises(SystemExit):
        call_command("apply_access", str(path), force_color=True, **options)
    assert capsys.readouterr().out.startswith("\x1b[")
    assert run(path, "--dry-run") == 3
    assert "\x1b" not in capsys.readouterr().out
