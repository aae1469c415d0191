"""The Containerfile: linted, and what it lets into the image."""

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

from django.conf import settings

from tests.deploy.files import DEPLOY
from tests.e2e.processes import CHECKOUT

CONTAINERFILE = DEPLOY / "container" / "Containerfile"
IGNORED = (CHECKOUT / ".dockerignore").read_text().splitlines()
TAKEN = {line[1:] for line in IGNORED if line.startswith("!")}


def hadolint(path: Path) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("hadolint")
    return subprocess.run(
        [program, "--failure-threshold", "info", path],
        capture_output=True,
        text=True,
        check=False,
    )


def test_hadolint_finds_no_fault() -> None:
    linted = hadolint(CONTAINERFILE)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_a_fault_is_noticed(tmp_path: Path) -> None:
    faulty = tmp_path / "Containerfile"
    text = CONTAINERFILE.read_text()
    faulty.write_text(text.replace("USER 10001:10001", "USER root"))
    assert "DL3002" in hadolint(faulty).stdout


def test_the_image_gets_the_whole_site_and_neither_data_nor_tests() -> None:
    ours = {app.split(".")[0] for app in settings.INSTALLED_APPS}
    ours = {name for name in ours if (CHECKOUT / name).is_dir()}
    assert IGNORED[IGNORED.index("*") :].count("*") == 1
    assert {*ours, "manage.py", "requirements.txt"} <= TAKEN
    assert {"deploy/upkeep"} <= TAKEN
    assert not TAKEN & {"var", "tests", ".git", "deploy", ".venv"}
    assert all((CHECKOUT / name).exists() for name in TAKEN)
    assert any(fnmatch("robots/__pycache__", line) for line in IGNORED)


def test_its_user_is_a_number_and_its_base_has_a_tag() -> None:
    text = CONTAINERFILE.read_text()
    (user,) = re.findall(r"^USER (\S+)$", text, re.MULTILINE)
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    (base,) = re.findall(r"^ARG PYTHON=(\S+)$", text, re.MULTILINE)
    assert re.search(r":3\.\d+-slim-\w+$", base)
