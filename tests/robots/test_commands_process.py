"""The commands as an operator runs them: processes, exit codes, two streams."""

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import load_command_class

from robots.management.command import Deed

ROOT = Path(__file__).resolve().parents[2]

COMMANDS = (
    "create_organization",
    "create_repository",
    "create_robot",
    "grant",
    "revoke",
    "regenerate_robot_token",
    "delete_robot",
    "check_access",
    "apply_access",
)

Ran = subprocess.CompletedProcess[str]
Manage = Callable[..., Ran]


def run(
    folder: Path, *arguments: str | bytes, stdin: int | None = None, **extra: str
) -> Ran:
    """One `manage.py` process, with its data in `folder`; no terminal by default."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "VAR_DIR")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, "VAR_DIR": str(folder), **extra},
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of this file's own, with acme/web and acme+spared in it."""
    made = tmp_path_factory.mktemp("site")
    for arguments in (
        ["migrate", "-v0"],
        ["create_organization", "acme"],
        ["create_repository", "acme/web"],
        ["create_robot", "acme+spared"],
    ):
        done = run(made, *arguments)
        assert (done.returncode, done.stderr) == (0, ""), done
    return made


@pytest.fixture
def manage(folder: Path) -> Manage:
    return lambda *arguments, **options: run(folder, *arguments, **options)


def stored(folder: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "db.sqlite3")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_formats_and_exit_codes(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    deed = load_command_class("robots", command)
    assert isinstance(deed, Deed)
    text = deed.create_parser("manage.py", command).format_help()
    assert "\nexamples:\n  manage.py " + command in text
    codes = text.partition("\nexit codes:\n")[2].splitlines()
    assert codes == [f"  {code}  {said}" for code, said in deed.exit_codes.items()]
    assert {0, 1, 2} <= deed.exit_codes.keys()
    assert deed.help in text
    assert "--json" in text
    assert text.index("--json") < text.index("--settings")
    assert max(len(line) for line in text.splitlines()) <= 88


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_is_understood_by_its_command(command: str) -> None:
    deed = load_command_class("robots", command)
    assert isinstance(deed, Deed)
    parser = deed.create_parser("manage.py", command)
    for example in deed.examples:
        alone = example.partition(" | ")[0].partition(" < ")[0]
        words = alone.replace('"Bases"', "Bases").split()
        assert words[:2] == ["manage.py", command]
        parser.parse_args(words[2:])


def test_a_robot_from_birth_to_death(folder: Path, manage: Manage) -> None:
    made = manage("create_robot", "acme+ci", "--team", "owners", "--json")
    assert (made.returncode, made.stderr) == (0, "")
    token = json.loads(made.stdout)["token"]
    granted = manage("grant", "acme+ci", "acme/web", "write")
    assert (granted.returncode, granted.stderr) == (0, "")
    renewed = manage("regenerate_robot_token", "acme+ci")
    assert (renewed.returncode, renewed.stderr) == (0, "")
    assert "\nToken: " in renewed.stdout
    gone = manage("delete_robot", "acme+ci", "--yes")
    assert (gone.returncode, gone.stderr) == (0, "")
    assert gone.stdout == (
        "Deleted robot acme+ci, and with it:\n"
        "  tokens: 1 static\n"
        "  memberships: team owners\n"
        "  permissions: write on acme/web\n"
    )
    assert ("ci",) not in stored(folder, "SELECT name FROM robots_robot")
    events = stored(
        folder,
        "SELECT kind, performer_name, facts FROM robots_auditevent"
        " WHERE facts LIKE '%ci%' ORDER BY id",
    )
    assert [(kind, performer) for kind, performer, _ in events] == [
        ("create_robot", "manage.py create_robot"),
        ("org_add_team_member", "manage.py create_robot"),
        ("change_repo_permission", "manage.py grant"),
        ("regenerate_robot_token", "manage.py regenerate_robot_token"),
        ("delete_robot", "manage.py delete_robot"),
    ]
    shown = renewed.stdout.rpartition("Token: ")[2].strip()
    assert len(token) == len(shown) == 64
    assert token not in str(events)
    assert shown not in str(events)


def test_check_access_tells_by_its_exit_code(manage: Manage) -> None:
    denied = manage("check_access", "anonymous", "acme/web", "--action", "pull")
    assert (denied.returncode, denied.stderr) == (3, "")
    assert "  pull    denied: no grant\n" in denied.stdout
    unknown = manage("check_access", "nobody", "acme/web")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr == "CommandError: There is no user nobody\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param(
            ["create_organization", "acme"],
            "A user or organization with this name already exists",
            id="exists",
        ),
        pytest.param(
            ["create_robot", b"acme+\xff\xfe"],
            "robot: NUL characters and invalid Unicode are not allowed",
            id="bytes that are not UTF-8",
        ),
        pytest.param(
            ["delete_robot", "acme+\u202e\U0001f916"],
            "There is no robot account acme+\u202e\U0001f916",
            id="odd unicode",
        ),
    ],
)
def test_a_refusal_is_one_object_on_stderr(
    manage: Manage, arguments: list[str | bytes], error: str
) -> None:
    refused = manage(*arguments, "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert json.loads(refused.stderr) == {"error": error}


def test_odd_unicode_is_told_even_to_a_terminal_that_has_none(manage: Manage) -> None:
    refused = manage("delete_robot", "acme+\U0001f916", PYTHONIOENCODING="ascii")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "CommandError: There is no robot account acme+\\U0001f916\n"
    )


def test_robots_disallow_refuses_with_its_text(manage: Manage) -> None:
    refused = manage("create_robot", "acme+new", ROBOTS_DISALLOW="true")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "CommandError: Robot accounts have been disabled."
        " Please contact your administrator.\n"
    )


def test_wrong_usage_exits_2(manage: Manage) -> None:
    wrong = manage("grant", "bob", "acme/web", "owner")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "argument ROLE: invalid choice: 'owner'" in wrong.stderr


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["text", "json"])
def test_a_lost_database_is_one_line_and_exit_code_1(
    manage: Manage, flags: list[str]
) -> None:
    lost = manage(
        *("check_access", "anonymous", "acme/web", *flags),
        DATABASE_URL="postgres://nobody:hidden@127.0.0.1:1/none",
    )
    assert (lost.returncode, lost.stdout) == (1, "")
    [line] = lost.stderr.splitlines()
    assert "The database failed: " in line
    assert "hidden" not in line
    assert not flags or json.loads(line).keys() == {"error"}


def test_a_database_without_tables_is_one_line_too(tmp_path: Path) -> None:
    lost = run(tmp_path, "create_organization", "acme")
    assert (lost.returncode, lost.stdout) == (1, "")
    [line] = lost.stderr.splitlines()
    assert line.startswith("CommandError: The database failed: no such table: ")


@pytest.mark.parametrize(
    "command",
    [
        "export_access",
        "export_access --schema",
        "check_access anonymous acme/web --action pull",
        "rotate_tokens --all --grace 0 --dry-run",
    ],
)
def test_a_reader_that_goes_away_ends_it_quietly(folder: Path, command: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "manage.py", *command.split()],
            cwd=ROOT,
            env={**kept, "VAR_DIR": str(folder)},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def delete_at_terminal(manage: Manage, name: str, typed: bytes, *flags: str) -> Ran:
    """Run delete_robot with a terminal as stdin, on which `typed` is typed."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, typed)
        # Strict decoding, as every locale but C has it.
        return manage(
            *("delete_robot", name, *flags), stdin=terminal, PYTHONIOENCODING="utf-8"
        )
    finally:
        os.close(keyboard)
        os.close(terminal)


def test_without_a_terminal_deletion_needs_yes(folder: Path, manage: Manage) -> None:
    refused = manage("delete_robot", "acme+spared")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "CommandError: Nothing was deleted: give --yes to delete acme+spared unasked\n"
    )
    assert ("spared",) in stored(folder, "SELECT name FROM robots_robot")


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(b"yes\n", id="another word"),
        pytest.param(b"\x04", id="end of input"),
        pytest.param(b"\xff\n", id="not UTF-8"),
    ],
)
def test_at_a_terminal_another_word_deletes_nothing(
    folder: Path, manage: Manage, typed: bytes
) -> None:
    refused = delete_at_terminal(manage, "acme+spared", typed)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith(
        "CommandError: Nothing was deleted: that is not the robot's name\n"
    )
    assert ("spared",) in stored(folder, "SELECT name FROM robots_robot")


def test_at_a_terminal_the_typed_name_deletes(folder: Path, manage: Manage) -> None:
    manage("create_robot", "acme+doomed", "--team", "owners")
    done = delete_at_terminal(manage, "acme+doomed", b"acme+doomed\n")
    listed = "  tokens: 1 static\n  memberships: team owners\n  permissions: none\n"
    assert done.returncode == 0
    assert done.stderr == (
        f"With robot acme+doomed go:\n{listed}Type its name to delete it: "
    )
    assert done.stdout == f"Deleted robot acme+doomed, and with it:\n{listed}"
    assert ("doomed",) not in stored(folder, "SELECT name FROM robots_robot")


def test_with_json_nothing_is_asked(manage: Manage) -> None:
    refused = delete_at_terminal(manage, "acme+spared", b"acme+spared\n", "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert json.loads(refused.stderr) == {
        "error": "Nothing was deleted: give --yes to delete acme+spared unasked"
    }
