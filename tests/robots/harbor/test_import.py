"""Robots that come from Harbor: what they were, they are."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from robots.lifecycle.repositories import create_repository
from robots.models import (
    AuditEvent,
    ImportedSecret,
    Namespace,
    RepositoryPermission,
    Robot,
    RobotToken,
)
from robots.roles import Role
from tests import factories
from tests.registryauth.endpoint import Endpoint, basic
from tests.robots.harbor.command import Captured, roles, run, stored
from tests.robots.harbor.exports import CSV, DUMP, HASHES, SECRETS

pytestmark = pytest.mark.django_db


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


def test_a_dry_run_names_each_change(acme: Namespace, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        call_command("import_harbor", "--export", str(CSV), "--dry-run")
    lines = capsys.readouterr().out.splitlines()
    assert any("permission" in line and "acme/web" in line for line in lines)
    assert any("default permission" in line for line in lines)
    assert "robot acme+ci: write, secret kept" in lines
    assert "Of all robots here 3 would wait for a first login." in lines
