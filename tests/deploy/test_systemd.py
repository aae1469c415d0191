"""The units: read by systemd itself, and the commands in them run."""

import os
import re
import shlex
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, assignments
from tests.e2e.databases import new_database
from tests.e2e.processes import CHECKOUT, Process, accepts_connections, free_address
from tests.e2e.programs import require
from tests.programs import SEARCH_PATH

pytestmark = pytest.mark.e2e

FOLDER = DEPLOY / "systemd"
HERE = "/opt/quaysite/current"
EXPOSED_AT_MOST = 15
"""Tenths of systemd's own points, of 100: 50 and more is what it calls medium."""


def in_checkout(text: str) -> str:
    """The text with the paths of this checkout, and the Python of these tests."""
    return text.replace(f"{HERE}/.venv/bin/python", sys.executable).replace(
        HERE, str(CHECKOUT)
    )


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """Every unit, as it would be in this checkout; names where there are templates."""
    found = []
    for path in FOLDER.iterdir():
        if path.suffix in {".service", ".target", ".timer"}:
            (tmp_path / path.name).write_text(in_checkout(path.read_text()))
            found.append(str(tmp_path / path.name))
    return found


def analyzed(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [require("systemd-analyze"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_systemd_finds_no_fault_in_any_unit(units: list[str]) -> None:
    assert len(units) == 5
    assert analyzed("verify", "--man=no", *units) == (0, "")


def test_an_unknown_directive_is_noticed(units: list[str]) -> None:
    (server,) = (unit for unit in units if unit.endswith("quaysite@.service"))
    text = Path(server).read_text()
    Path(server).write_text(text.replace("NoNewPrivileges", "NoNewPrivilege"))
    _, said = analyzed("verify", "--man=no", server)
    assert "NoNewPrivilege" in said


def test_services_are_shut_in(units: list[str]) -> None:
    services = [unit for unit in units if unit.endswith(".service")]
    assert len(services) == 2
    threshold = f"--threshold={EXPOSED_AT_MOST}"
    code, said = analyzed("security", "--offline=true", threshold, *services)
    assert code == 0, said


def service(name: str) -> RawConfigParser:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(in_checkout((FOLDER / name).read_text()))
    return unit


def test_the_server_starts_is_waited_for_and_ends_as_the_unit_says(
    tmp_path: Path,
) -> None:
    unit = service("quaysite@.service")["Service"]
    address = free_address()
    port = address.rpartition(":")[2]
    environment = {
        "PATH": SEARCH_PATH,
        **assignments(FOLDER / "quaysite.env"),
        "VAR_DIR": str(tmp_path),
        "STATIC_ROOT": str(tmp_path / "static"),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "SECRET_KEY_FILE": _secret(tmp_path / "secret_key"),
        "ROBOTS_SECRET_KEYS_FILE": _secret(tmp_path / "robots_secret_keys"),
        "REGISTRY_SIGNING_KEYS_DIR": str(tmp_path / "signing-keys"),
        "BIND": address,
    }
    assert unit["Environment"] == "BIND=127.0.0.1:%i"
    command = shlex.split(unit["ExecStart"])
    process = Process("server", command, environment, tmp_path)
    try:
        waiting = shlex.split(unit["ExecStartPost"].replace("%i", port))
        waited = subprocess.run(waiting, check=False, timeout=90)
        assert waited.returncode == 0
        assert accepts_connections(address)
    finally:
        process.stop()
    assert not accepts_connections(address)


def _secret(path: Path) -> str:
    path.write_text("x" * 50)
    return str(path)


@pytest.mark.parametrize("when", ["hourly", "daily"])
def test_upkeep_does_all_that_it_lists(when: str, tmp_path: Path) -> None:
    database = new_database(tmp_path)
    environment = {
        "PATH": SEARCH_PATH,
        "PYTHON": sys.executable,
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": database.url,
        # Everything is due at once: each command has something to say.
        "REGISTRY_SIGNING_KEY_DAYS": "1",
    }
    try:
        before = _upkeep(when, environment)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"],
            cwd=CHECKOUT,
            env=environment,
            check=True,
        )
        after = _upkeep(when, environment)
    finally:
        database.drop()

    assert after.returncode == 0, after.stderr
    # Without tables nothing can be done, and that is told.
    assert before.returncode != 0
    assert (tmp_path / "signing-keys").exists() is (when == "hourly")


def _upkeep(
    when: str, environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    unit = service("quaysite-upkeep@.service")["Service"]
    assert unit["Environment"] == f"PYTHON={sys.executable}"
    command = shlex.split(unit["ExecStart"].replace("%i", when))
    return subprocess.run(
        command,
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_timers_start_upkeep_that_there_is() -> None:
    script = (DEPLOY / "upkeep").read_text()
    started = {service(path.name)["Timer"]["Unit"] for path in FOLDER.glob("*.timer")}
    whens = re.findall(r"^(\w+)\)$", script, re.MULTILINE)
    assert started == {f"quaysite-upkeep@{when}.service" for when in whens}
    assert os.access(DEPLOY / "upkeep", os.X_OK)


def test_upkeep_wants_to_know_which() -> None:
    done = subprocess.run([DEPLOY / "upkeep"], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"hourly|daily" in done.stderr


def test_scripts_are_understood_by_the_shell() -> None:
    for script in (DEPLOY / "upkeep", FOLDER / "quaysite-manage"):
        assert os.access(script, os.X_OK)
        subprocess.run(["sh", "-n", script], check=True)
