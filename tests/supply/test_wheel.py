"""The wheel: the same bytes from any folder at any time, and everything in it."""

import os
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from quaysite import __version__
from supply import CHECKOUT
from supply.wheel import build, committed_at, digest
from tests.supply.sources import PACKAGES, copy

EPOCH = 1_700_000_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(copy(tmp_path_factory.mktemp("tree")), made(tmp_path_factory), EPOCH)


def made(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("made")


def files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_another_folder_and_time_make_the_same_bytes(
    wheel: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tree = copy(tmp_path / "elsewhere")
    for path in tree.rglob("*"):
        os.utime(path, (1, 1_000_000_000))
    assert digest(build(tree, made(tmp_path_factory), EPOCH)) == digest(wheel)


def test_another_commit_makes_others(
    wheel: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    again = build(copy(tmp_path / "tree"), made(tmp_path_factory), EPOCH + 60)
    assert digest(again) != digest(wheel)


def test_everything_of_the_packages_is_in_it_and_nothing_else(wheel: Path) -> None:
    """Code, migrations, templates and static files; no tests, no benchmarks."""
    here = {
        str(path.relative_to(CHECKOUT))
        for package in PACKAGES
        for path in (CHECKOUT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files(wheel) == here
    kinds = {Path(name).suffix for name in here}
    assert {".py", ".html", ".css", ".js", ".svg"} <= kinds


@pytest.mark.parametrize("package", PACKAGES)
def test_each_app_brings_its_migrations(wheel: Path, package: str) -> None:
    assert f"{package}/migrations/__init__.py" in files(wheel)


def test_there_are_no_templates_outside_the_packages() -> None:
    elsewhere = [path for path in CHECKOUT.glob("templates/**/*") if path.is_file()]
    assert elsewhere == []


def test_its_metadata_says_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("/METADATA"))
        said = message_from_bytes(archive.read(name))
        assert any(one.endswith("/licenses/LICENSE") for one in archive.namelist())
    assert (said["Name"], said["Version"]) == ("quaysite", __version__)
    assert said["License-Expression"] == "Apache-2.0"
    assert said["Requires-Python"] == ">=3.11"
    assert "pyjwt<3,>=2.13" in said.get_all("Requires-Dist", [])


def test_a_release_is_as_old_as_its_commit() -> None:
    assert committed_at() > EPOCH
