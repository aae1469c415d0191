"""The programs that these tests drive: found, or named with their Debian package."""

import os
from pathlib import Path

import pytest

from tests import npm
from tests.programs import PACKAGES, find


def require(program: str) -> str:
    """The path of `program`. Without it the test skips, or fails where CI=true."""
    path = find(program)
    if path is None:
        _give_up(f"{program} is missing: apt-get install {PACKAGES[program]}")
    return str(path)


def require_root(program: str) -> None:
    """`program` runs as root only. Otherwise the test skips, or fails where CI=true."""
    if os.geteuid() != 0:
        _give_up(f"{program} needs root: run these tests as root, or leave it out")


def require_npm_packages() -> Path:
    """The folder `node_modules`. Without it the test skips, or fails where CI=true."""
    found = npm.find()
    if found is None:
        _give_up(f"packages of npm are missing: {npm.INSTALL}")
    return Path(str(found))


def _give_up(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
