"""export_access: one moment of the database as a file, the same bytes each time."""

import json
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from robots.accessfile.exporting import exported, snapshot, write_file
from robots.accessfile.reading import read_access_file
from robots.accessfile.schema import schema
from robots.accessfile.writing import yaml_of
from robots.errors import DomainError
from robots.lifecycle.robots import change_robot
from robots.models import Namespace, Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.robots.ledger import unchanged

Captured = pytest.CaptureFixture[str]


def refusal(*arguments: str) -> str:
    with unchanged(), pytest.raises(CommandError) as caught:
        call_command("export_access", *arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def exported_text(capsys: Captured, *arguments: str) -> str:
    capsys.readouterr()
    with unchanged():
        call_command("export_access", *arguments)
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_namespace_is_written_in_order(cast: Cast, capsys: Captured) -> None:
    factories.organization("a.b")
    factories.organization("a-b")
    written = exported_text(capsys)
    read = read_access_file("access.yaml", written.encode())
    names = ["a-b", "a.b", "acme", "alice", "bob", "charlie"]
    assert list(read.namespaces) == names
    assert written == exported_text(capsys)
    with snapshot():
        assert written == "".join(yaml_of(exported(Namespace.objects.all())))


def test_only_what_is_named_is_written(cast: Cast, capsys: Captured) -> None:
    written = exported_text(capsys, "bob", "acme", "bob")
    read = read_access_file("access.yaml", written.encode())
    assert list(read.namespaces) == ["acme", "bob"]
    assert exported_text(capsys, "acme", "bob") == written


def test_no_secret_is_in_it(cast: Cast, capsys: Captured) -> None:
    written = exported_text(capsys) + exported_text(capsys, "--format", "csv")
    assert cast.ci_secret.reveal() not in written
    for token in RobotToken.objects.all():
        assert token.digest not in written


def test_metadata_is_in_the_same_order_on_every_database(
    cast: Cast, capsys: Captured
) -> None:
    metadata = {"zz": 1, "a": {"longer": 1e16, "b": -0.0}, "bbb": [2.5, 1e-9]}
    change_robot(cast.ci, {"metadata": metadata}, factories.BY)
    assert (
        "          a:\n"
        "            b: 0.0\n"
        "            longer: 10000000000000000\n"
        "          bbb:\n"
        "            - 2.5\n"
        "            - 1.0e-09\n"
        "          zz: 1\n"
    ) in exported_text(capsys, "acme")


def test_csv_has_a_line_for_each_permission(cast: Cast, capsys: Captured) -> None:
    assert exported_text(capsys, "--format", "csv") == (
        "repository,grantee,role,until\n"
        "acme/api,team:developers,write,\n"
        "acme/web,acme+ci,write,\n"
        "acme/web,acme+reader,read,\n"
    )


def test_json_holds_the_file(cast: Cast, capsys: Captured) -> None:
    text = exported_text(capsys, "acme")
    assert json.loads(exported_text(capsys, "acme", "--json")) == {
        "format": "yaml",
        "namespaces": ["acme"],
        "content": text,
    }


def test_a_file_is_for_its_owner_only(
    cast: Cast, capsys: Captured, tmp_path: Path
) -> None:
    text, path = exported_text(capsys, "acme"), tmp_path / "acme.yaml"
    out = exported_text(capsys, "acme", "--output", str(path))
    assert out == f"Wrote {path}: 1 namespace.\n"
    assert path.read_text() == text
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_there_keeps_its_mode_and_its_link(
    cast: Cast, capsys: Captured, tmp_path: Path
) -> None:
    target, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    target.write_text("old")
    target.chmod(0o644)
    link.symlink_to(target)
    told = json.loads(exported_text(capsys, "--output", str(link), "--json"))
    names = ["acme", "alice", "bob", "charlie"]
    assert told == {"format": "yaml", "namespaces": names, "file": str(link)}
    assert target.read_text() == exported_text(capsys)
    assert mode_of(target) == 0o644
    assert link.is_symlink()


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text("old")

    def failing() -> Iterator[str]:
        yield "half"
        raise DomainError("The rest is gone")

    with pytest.raises(DomainError, match="The rest is gone"):
        write_file(path, failing())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_refused(cast: Cast, tmp_path: Path) -> None:
    missing = tmp_path / "no" / "acme.yaml"
    said = refusal("--output", str(missing))
    assert said == f"--output: {missing}: {os.strerror(2)}"
    assert refusal("--output", str(tmp_path)).startswith(f"--output: {tmp_path}: ")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_namespace_is_refused(cast: Cast, capsys: Captured) -> None:
    assert refusal("acme", "no") == "There is no namespace no"
    assert refusal("acme", "ACME") == "There is no namespace ACME"
    assert capsys.readouterr().out == ""


def test_the_schema_needs_no_database(capsys: Captured, tmp_path: Path) -> None:
    call_command("export_access", "--schema")
    assert json.loads(capsys.readouterr().out) == schema()
    path = tmp_path / "schema.json"
    call_command("export_access", "--schema", "--output", str(path))
    assert json.loads(path.read_text()) == schema()


@pytest.mark.django_db
def test_the_schema_is_of_no_namespace() -> None:
    said = "--schema: it is the same for every NAMESPACE; name none"
    assert refusal("--schema", "acme") == said


@pytest.mark.django_db(transaction=True)
def test_an_export_ends_its_transaction(cast: Cast, capsys: Captured) -> None:
    with pytest.raises(DomainError), snapshot():
        assert Robot.objects.count() == 2
        raise DomainError("no")
    factories.robot(cast.acme, "later")
    assert "later:" in exported_text(capsys, "acme")
    factories.robot(cast.acme, "latest")
    assert Robot.objects.count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="a database in memory is one for all connections",
)
def test_an_export_sees_one_moment_and_locks_nobody_out(cast: Cast) -> None:
    with snapshot(), ThreadPoolExecutor(1) as pool:
        before = list(yaml_of(exported([cast.acme])))
        pool.submit(create_elsewhere, cast.acme).result()
        assert list(yaml_of(exported([cast.acme]))) == before
    assert Robot.objects.filter(name="meanwhile").exists()


def create_elsewhere(namespace: Namespace) -> None:
    try:
        factories.robot(namespace, "meanwhile")
    finally:
        connections.close_all()
