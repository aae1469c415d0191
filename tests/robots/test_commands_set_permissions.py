"""set_permissions: who gets what where, told before and after, or refused whole."""

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from robots.errors import DomainError
from robots.lifecycle.permissions import grant
from robots.lifecycle.wanted import Wanted
from robots.management.name_files import MAX_LINE, Name, Unknown
from robots.models import AuditEvent, PermissionChange, RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.permission_sets.held import held, stored

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]

END = datetime(2130, 6, 30, tzinfo=UTC)
READ, WRITE = Wanted(Role.READ), Wanted(Role.WRITE)


def run(*arguments: str) -> int:
    """The exit code."""
    try:
        call_command("set_permissions", *arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def facts(capsys: Captured, *arguments: str, code: int = 0) -> dict[str, Any]:
    assert run(*arguments, "--json") == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def refusal(*arguments: str) -> str:
    """Why; nothing may have changed."""
    before, events = stored(), AuditEvent.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command("set_permissions", *arguments)
    assert caught.value.returncode == 2
    assert (stored(), AuditEvent.objects.count()) == (before, events)
    return str(caught.value)


def test_a_role_is_given_and_told_in_a_table(cast: Cast, capsys: Captured) -> None:
    assert run("acme", "read", "--to", "acme+ci", "team:developers", "--all") == 0
    everywhere = {"api": READ, "public": READ, "web": READ}
    assert held(cast.ci) == held(cast.team) == everywhere
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    assert lines[0] == ["identity", "added", "changed", "removed", "unchanged"]
    assert ["acme+ci", "2", "1", "0", "0"] in lines
    assert ["team:developers", "2", "1", "0", "0"] in lines
    assert ["all", "4", "2", "0", "0"] in lines
    assert lines[-1] == ["Changed", "6", "permissions", "in", "acme."]
    events = AuditEvent.objects.filter(kind="change_repo_permissions")
    assert {event.performer_name for event in events} == {"manage.py set_permissions"}
    assert PermissionChange.objects.count() == 6


def test_a_dry_run_tells_the_same_and_changes_nothing(
    cast: Cast, capsys: Captured
) -> None:
    what = ("acme", "none", "--to", "acme+*", "--on", "*", "--list")
    before, events = stored(), AuditEvent.objects.count()
    dry = facts(capsys, *what, "--dry-run", code=3)
    assert (stored(), AuditEvent.objects.count()) == (before, events)
    assert run(*what, "--dry-run") == 3
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == [
        "- acme/web  acme+ci: write -> none",
        "- acme/web  acme+reader: read -> none",
    ]
    assert shown[-1] == "Would change 2 permissions in acme."
    done = facts(capsys, *what)
    assert done == {**dry, "dry_run": False}
    assert (held(cast.ci), held(cast.reader)) == ({}, {})
    assert facts(capsys, *what, "--dry-run")["removed"] == 0
    assert run(*what) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing to change in acme."


def test_json_has_everything(cast: Cast, capsys: Captured) -> None:
    arguments = ("acme", "read", "--to", "bob", "--on", "acme/web", "api")
    grant(cast.web, cast.bob, Role.ADMIN, factories.BY)
    until = ("--until", "2130-06-30")
    end = {"role": "read", "until": END.isoformat()}
    assert facts(capsys, *arguments, *until, "--list") == {
        "namespace": "acme",
        **end,
        "dry_run": False,
        **dict(added=1, changed=1, removed=0, unchanged=0),
        "identities": [
            {"identity": "bob", "added": 1, "changed": 1, "removed": 0, "unchanged": 0}
        ],
        "changes": [
            {
                "repository": "acme/api",
                "identity": "bob",
                "change": "added",
                "before": {"role": "none", "until": None},
                "after": end,
            },
            {
                "repository": "acme/web",
                "identity": "bob",
                "change": "changed",
                "before": {"role": "admin", "until": None},
                "after": end,
            },
        ],
    }
    assert held(cast.bob) == {name: Wanted(Role.READ, END) for name in ("api", "web")}


def test_globs_of_robots_teams_and_repositories(cast: Cast) -> None:
    for name in ("deploy-1", "deploy-2", "deployer"):
        factories.robot(cast.acme, name)
    factories.team(cast.acme, "dev-ops")
    for name in ("apps/a", "apps/b/c", "apps"):
        factories.repository(cast.acme, name)
    to = ("acme+deploy-?", "team:dev-*", "team:dev-ops", "bob")
    assert run("acme", "write", "--to", *to, "--on", "apps/*", "acme/ap?") == 0
    rows = RepositoryPermission.objects.filter(repository__name__startswith="ap")
    found = {(str(row.grantee), row.repository.name) for row in rows}
    assert {who for who, _ in found} == {
        "acme+deploy-1",
        "acme+deploy-2",
        "dev-ops",
        "developers",
        "bob",
    }
    assert {name for who, name in found if who == "bob"} == {
        *("api", "apps/a", "apps/b/c"),
    }


def test_names_from_files_and_standard_input(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tmp_path / "names.txt"
    names.write_bytes(b"\xef\xbb\xbf# who\r\nacme+ci\r\n\r\n  bob  # on leave\r\n")
    typed = io.TextIOWrapper(io.BytesIO(b"api\npub*\n"))
    monkeypatch.setattr(sys, "stdin", typed)
    arguments = ("--to-file", str(names), "--on-file", "-", "--on", "web")
    assert run("acme", "read", *arguments) == 0
    everywhere = {"api": READ, "public": READ, "web": READ}
    assert held(cast.ci) == held(cast.bob) == everywhere


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            b"web\nno\n\n# x\nnever/was\n",
            "no ({path}, line 2), never/was ({path}, line 5)",
        ),
        (b"web\n\xff\n", "--on-file: {path}, line 2: not UTF-8"),
        (b"web\x00\n", "--on-file: {path}, line 1: NUL is not allowed"),
        (b"w" * (MAX_LINE + 1), "--on-file: {path}, line 1: longer than 1000 bytes"),
        (b"web\nwob*\n", "wob* ({path}, line 2) matches no repository of acme"),
        (b"W*\n", "W* ({path}, line 1) matches no repository of acme"),
        (b"\n".join(b"no%d" % n for n in range(9)), "no4 ({path}, line 5) and 4 more"),
        (b"w\xfeb".decode("latin-1").encode("utf-16"), "not UTF-8"),
    ],
)
def test_bad_files_are_refused_with_the_line(
    content: bytes, why: str, cast: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(content)
    told = refusal("acme", "read", "--to", "acme+ci", "--on-file", str(path))
    assert told.endswith(why.format(path=path))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("nope read --to bob --all", "There is no namespace nope"),
        ("acme read --all", "Say whom it is for: --to or --to-file"),
        ("acme read --to bob", "Say which repositories: --on and --on-file, or --all"),
        ("acme read --to bob --on web --all", "Say which repositories"),
        ("acme read --to-file - --on-file -", "cannot both be standard input"),
        ("acme read --to-file /nowhere/x --all", "--to-file: /nowhere/x: No such file"),
        ("acme read --to nobody acme+no team:no --all", "nobody, acme+no, team:no"),
        ("acme read --to b* --all", "globs are for acme+ROBOT and team:TEAM"),
        ("acme read --to other+c* --all", "globs are for acme+ROBOT"),
        ("acme read --to acme+x* --all", "acme+x* matches nobody in acme"),
        ("acme read --to acme+%* --all", "acme+%* matches nobody in acme"),
        ("acme read --to team:x* --all", "team:x* matches nobody in acme"),
        ("acme read --to other+ci --all", "Cannot add robot other+ci under"),
        ("alice read --to alice --all", "Namespace owner must always be admin"),
        ("acme read --to bob --on other/web", "No such repository in acme: other/web"),
        ("acme read --to bob --on x* web", "x* matches no repository of acme"),
        ("acme none --to bob --all --until 2130-01-01", "there is nothing to end"),
        ("acme read --to bob --all --until 2001-01-01", "is in the past"),
        ("acme read --to bob --all --until soon", "is not an ISO 8601 date"),
        ("acme read --to bob --all --until 9999-12-31", "until: a time of the years"),
    ],
)
def test_what_cannot_be_is_refused_whole(arguments: str, why: str, cast: Cast) -> None:
    other = factories.organization("other")
    factories.robot(other, "ci")
    factories.repository(other, "web")
    factories.repository(cast.alice.personal_namespace, "mine")
    assert why in refusal(*arguments.split())


def test_standard_input_that_is_closed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    told = refusal("acme", "read", "--to-file", "-", "--all")
    assert told == "--to-file: standard input is closed"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_printed_while_others_wait(cast: Cast) -> None:
    class Pager(io.StringIO):
        def write(self, text: str) -> int:
            assert not connection.in_atomic_block
            return super().write(text)

    pager = Pager()
    arguments = ["acme", "read", "--to", "acme+ci", "--all", "--list"]
    call_command("set_permissions", *arguments, stdout=pager)
    assert pager.getvalue().splitlines()[:3] == [
        "+ acme/api  acme+ci: none -> read",
        "+ acme/public  acme+ci: none -> read",
        "~ acme/web  acme+ci: write -> read",
    ]
    assert held(cast.ci) == {"api": READ, "public": READ, "web": READ}


def test_only_the_first_unknown_names_are_kept() -> None:
    unknown = Unknown()
    unknown.add(Name(f"no{number}") for number in range(100_000))
    assert len(unknown.first) == 5
    with pytest.raises(DomainError, match="Nobody: no0, no1, .*no4 and 99995 more"):
        unknown.refuse("Nobody")


def test_an_empty_file_gives_nobody_anything(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "none.txt"
    path.write_text("# nobody\n")
    assert "no name in it" in refusal("acme", "read", "--to-file", str(path), "--all")
    assert run("acme", "admin", "--to", "bob", "--on-file", str(path)) == 0
    assert held(cast.bob) == {}
