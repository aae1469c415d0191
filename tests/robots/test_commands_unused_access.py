"""unused_access: what it tells, the plan that it writes, and when it refuses to."""

import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from robots.accessfile.documents import AccessFile
from robots.accessfile.trimming import trimmed
from robots.lifecycle.permissions import grant
from robots.models import Namespace, RepositoryPermission, Robot
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.ledger import unchanged

OLD, RECENT = 91, 89

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def uses_are_written(settings: Settings) -> None:
    settings.USAGE_FLUSH_SECONDS = 60


@pytest.fixture
def known(cast: Cast) -> Cast:
    """Uses are known for long enough; acme+ci pulled, and nobody else did anything."""
    factories.age_everything(OLD)
    factories.use(cast.api, cast.charlie, "pull", OLD)
    factories.use(cast.web, cast.ci, "pull", RECENT)
    return cast


def told(capsys: Captured, *arguments: str) -> str:
    with unchanged():
        call_command("unused_access", *arguments)
    return capsys.readouterr().out


def facts(capsys: Captured, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(capsys, "--json", *arguments))
    return found


def refusal(*arguments: str) -> str:
    with unchanged(), pytest.raises(CommandError) as caught:
        call_command("unused_access", *arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def test_what_nobody_used_is_told(known: Cast, capsys: Captured) -> None:
    factories.team(known.acme, "nobody")
    grant(known.public, known.reader, Role.READ, factories.BY)
    grant(known.web, known.bob, Role.ADMIN, factories.BY)
    factories.age_everything(OLD)
    day = f"{timezone.now() - timedelta(days=RECENT):%Y-%m-%d}"
    assert told(capsys).splitlines() == [
        "In the last 90 days: permissions not used 4, wider than their use 1, robots"
        " idle 1, teams without members or rights 1.",
        "",
        "REPOSITORY   WHO              MAY    USED     LAST USE",
        "acme/api     team:developers  write  nothing  never",
        "acme/public  acme+reader      read   nothing  never       public: pulls need"
        " no permission",
        f"acme/web     acme+ci          write  read     {day}",
        "acme/web     acme+reader      read   nothing  never",
        "acme/web     bob              admin  nothing  never       not trimmed: no"
        " other person or team used a right to administer the repository",
        "",
        "ROBOT        LAST USE",
        "acme+reader  never",
        "",
        "TEAM",
        "acme/nobody  no members, no permissions",
    ]


def test_nothing_unused_is_one_line(cast: Cast, capsys: Captured) -> None:
    factories.use(cast.web, cast.ci, "pull", OLD)
    assert told(capsys) == (
        "In the last 90 days: permissions not used 0, wider than their use 0, robots"
        " idle 0, teams without members or rights 0.\n"
    )


def test_json_tells_the_same(known: Cast, capsys: Captured) -> None:
    found = facts(capsys)
    assert found["days"] == 90
    assert found["trim"] is None
    assert found["known_since"] < found["begin"]
    rows = found["permissions"]
    assert [(row["repository"], row["grantee"], row["used"]) for row in rows] == [
        ("api", "team:developers", None),
        ("web", "acme+ci", "read"),
        ("web", "acme+reader", None),
    ]
    assert rows[1].keys() == {
        "namespace",
        "repository",
        "is_public",
        "grantee",
        "role",
        "used",
        "last_use",
        "until",
        "created_at",
        "why_kept",
    }
    assert [robot["name"] for robot in found["robots"]] == ["acme+reader"]
    assert found["teams"] == []


def test_days_and_namespaces_narrow_it(known: Cast, capsys: Captured) -> None:
    assert facts(capsys, "--days", "92")["permissions"] == []
    assert facts(capsys, "--namespace", "alice")["permissions"] == []
    both = facts(capsys, "--namespace", "alice", "--namespace", "acme")
    assert len(both["permissions"]) == 3
    assert refusal("--days", "0") == "days: a whole number from 1 to 3650"
    assert refusal("--namespace", "nobody") == "There is no namespace nobody"


def test_a_short_history_is_told(cast: Cast, capsys: Captured) -> None:
    assert "No use is known yet: everything counts as unused." in told(capsys)
    use = factories.use(cast.web, cast.ci, "pull", RECENT)
    known = f"{use.first_used_at:%Y-%m-%d %H:%M}"
    assert f"Uses are known since {known} UTC only: what was used before" in told(
        capsys
    )
    assert "Uses are known" not in told(capsys, "--days", "80")


def test_a_plan_is_written_for_its_reader_only_and_applied(
    known: Cast, capsys: Captured, tmp_path: Path
) -> None:
    file = tmp_path / "trim.yaml"
    text = told(capsys, "--trim", str(file))
    assert f"manage.py apply_access {file} --prune --refuse-widening --dry-run" in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, second, *rest = file.read_text().splitlines()
    assert first.startswith("# What nobody used in the 90 days until ")
    assert second.startswith("# Take out what must stay")
    assert rest[1:] == [
        "version: 1",
        "namespaces:",
        "  acme:",
        "    partial: true",
        "    robots:",
        "      reader:",
        "        enabled: false",
        "    repositories:",
        "      api:",
        "        permissions:",
        "          team:developers: none",
        "      web:",
        "        permissions:",
        "          acme+ci: read",
        "          acme+reader: none",
    ]
    call_command("apply_access", str(file), "--prune", "--refuse-widening")
    [left] = RepositoryPermission.objects.all()
    assert (left.robot, left.role) == (known.ci, Role.READ)
    assert not Robot.objects.get(name="reader").enabled
    capsys.readouterr()
    after = facts(capsys)
    assert (after["permissions"], after["robots"]) == ([], [])


def test_an_existing_file_is_not_overwritten(known: Cast, tmp_path: Path) -> None:
    file = tmp_path / "trim.yaml"
    file.write_text("precious")
    assert refusal("--trim", str(file)) == f"--trim: {file}: File exists"
    assert file.read_text() == "precious"
    nowhere = tmp_path / "no" / "trim.yaml"
    assert refusal("--trim", str(nowhere)).endswith("No such file or directory")


def test_a_file_without_a_name_is_refused(known: Cast) -> None:
    assert refusal("--trim", "") == "--trim: name the file"


def test_what_comes_while_the_plan_is_made_is_in_neither(
    known: Cast, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan takes away what was told, and nothing else."""
    made = trimmed

    def granted_before(*rows: Any) -> AccessFile:
        grant(known.public, known.reader, Role.READ, factories.BY)
        factories.age_everything(OLD)
        return made(*rows)

    command = "robots.management.commands.unused_access.trimmed"
    monkeypatch.setattr(command, granted_before)
    file = tmp_path / "trim.yaml"
    call_command("unused_access", "--trim", str(file))
    assert "acme/public" not in capsys.readouterr().out
    assert "public" not in file.read_text()


def test_a_full_disk_leaves_no_half_a_plan(
    known: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "trim.yaml"
    command = "robots.management.commands.unused_access.yaml_of"
    monkeypatch.setattr(command, full)
    assert refusal("--trim", str(file)) == f"--trim: {file}: No space left on device"
    assert not file.exists()


def test_no_plan_while_uses_are_not_known_for_long_enough(
    cast: Cast, tmp_path: Path, capsys: Captured
) -> None:
    factories.age_everything(OLD)
    file = tmp_path / "trim.yaml"
    nothing = refusal("--trim", str(file))
    assert nothing.startswith("Uses are known of nothing yet, not for 90 days: a plan")
    use = factories.use(cast.web, cast.ci, "pull", RECENT)
    since = f"{use.first_used_at:%Y-%m-%d %H:%M}"
    short = refusal("--trim", str(file))
    assert short.startswith(f"Uses are known since {since} UTC, not for 90 days")
    assert not file.exists()
    found = facts(capsys, "--trim", str(file), "--accept-short-history")
    assert found["trim"] == str(file)
    assert "team:developers: none" in file.read_text()


@pytest.mark.parametrize("many", [1, 40])
def test_many_permissions_cost_no_more_queries(
    many: int,
    cast: Cast,
    tmp_path: Path,
    capsys: Captured,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(many):
        repository = factories.repository(cast.acme, f"r{number}")
        grant(repository, cast.ci, Role.WRITE, factories.BY)
    factories.age_everything(OLD)
    file = str(tmp_path / "trim.yaml")
    with django_assert_max_num_queries(10):
        call_command("unused_access", "--trim", file, "--accept-short-history")
    assert Namespace.objects.exists()


def test_no_plan_is_made_where_no_use_is_written(
    known: Cast, tmp_path: Path, settings: Settings, capsys: Captured
) -> None:
    settings.USAGE_FLUSH_SECONDS = 0
    file = tmp_path / "trim.yaml"
    said = refusal("--trim", str(file), "--accept-short-history")
    assert said.startswith("USAGE_FLUSH_SECONDS is 0, so that no use is written")
    assert not file.exists()
    assert told(capsys).startswith("In the last 90 days")
