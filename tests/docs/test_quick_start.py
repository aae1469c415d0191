"""The quick start as a stranger does it: in a fresh copy, from the first line on."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from quaysite.quickstart.ports import free_ports
from tests.docs import pages
from tests.docs.shell import shell
from tests.e2e.programs import require
from tests.programs import SEARCH_PATH

pytestmark = pytest.mark.e2e


LEFT_OUT = (
    ".git",
    ".venv*",
    "var",
    "site",
    "staticfiles",
    "htmlcov",
    "__pycache__",
    ".*_cache",
    ".coverage*",
)
"""What is not of the repository, as .gitignore has it."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the repository, with this virtual environment as its own.

    To install the dependencies anew would take a network, and `make demo` does it.
    """
    copy = tmp_path / "quaysite"
    shutil.copytree(pages.ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    venv = copy / ".venv"
    venv.mkdir()
    for part in Path(sys.prefix).iterdir():
        (venv / part.name).symlink_to(part)
    (venv / ".requirements").unlink(missing_ok=True)
    (venv / ".requirements").touch()
    return copy


def test_the_quick_start_works_as_it_is_written(checkout: Path, tmp_path: Path) -> None:
    for program in ("docker-registry", "skopeo"):
        require(program)
    port, registry_port = free_ports()
    places = {
        "127.0.0.1:8000": f"127.0.0.1:{port}",
        "127.0.0.1:5000": f"127.0.0.1:{registry_port}",
        "make run": f"make run PORT={port} REGISTRY_PORT={registry_port}",
    }
    environment = {
        "PATH": SEARCH_PATH,
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "TMPDIR": str(tmp_path),
    }
    with shell(tmp_path, checkout, environment) as opened:
        complaints = pages.done(pages.QUICK_START, opened, places)
    assert complaints == [], "\n\n".join(complaints)


def test_the_copy_has_no_data_of_ours(checkout: Path) -> None:
    assert not (checkout / "var").exists()
    assert os.access(checkout / "manage.py", os.X_OK)
