"""Robots and rights that are not brought from Harbor, and why."""

from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from robots.lifecycle.robots import delete_robot
from robots.models import DefaultPermission, Namespace, RepositoryPermission, Robot
from robots.roles import Role
from tests import factories
from tests.registryauth.endpoint import Endpoint, basic
from tests.robots.harbor.command import Captured, refusal, roles, run, stored
from tests.robots.harbor.exports import CSV, DUMP, HASHES, LEFT_OUT, SECRETS
from tests.robots.harbor.server import PASSWORD, USER, robot, served

pytestmark = pytest.mark.django_db


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


def test_a_robot_that_is_created_meanwhile_ends_it(acme: Namespace) -> None:
    factories.robot(acme, "ci")
    with patch("robots.harbor.planning._Places.check"):
        assert "meanwhile" in refusal("--export", str(DUMP))


def test_a_file_with_a_fault_brings_nothing(acme: Namespace, tmp_path: Path) -> None:
    path = tmp_path / "harbor.csv"
    path.write_text(CSV.read_text() + "1,2,3\n")
    assert refusal("--export", str(path)).startswith("harbor.csv:")


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
