"""What is chosen (.in) is what is installed (.txt), and every file has its hash."""

import re
from pathlib import Path

import pytest

from supply import CHECKOUT
from supply.pins import read

KINDS = ("requirements", "requirements-tracing", "requirements-dev")
TOOLS = ("requirements-supply", "requirements-docs", "requirements-fuzzing")
ALL = (*KINDS, *TOOLS)
WINDOWS = 'sys_platform == "win32"'
"""Nothing of ours runs there; the compiler does not know."""


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_chosen_is_what_is_installed(kind: str) -> None:
    chosen = read(CHECKOUT / f"{kind}.in")
    compiled = read(CHECKOUT / f"{kind}.txt")
    installed = {name: pin for name, pin in compiled.items() if pin.marker != WINDOWS}
    assert {name: (pin.version, pin.marker) for name, pin in installed.items()} == {
        name: (pin.version, pin.marker) for name, pin in chosen.items()
    }


@pytest.mark.parametrize("kind", TOOLS)
def test_the_tools_are_those_that_were_chosen(kind: str) -> None:
    chosen = read(CHECKOUT / f"{kind}.in")
    compiled = read(CHECKOUT / f"{kind}.txt")
    assert chosen
    assert {name: compiled[name].version for name in chosen} == {
        name: pin.version for name, pin in chosen.items()
    }


@pytest.mark.parametrize("kind", ALL)
def test_every_pin_has_hashes(kind: str) -> None:
    path = CHECKOUT / f"{kind}.txt"
    pins = read(path)
    assert [pin.name for pin in pins.values() if not pin.hashes] == []
    listed = [hashed for pin in pins.values() for hashed in pin.hashes]
    assert all(re.fullmatch(r"[0-9a-f]{64}", hashed) for hashed in listed)
    assert len(listed) == len(set(listed)) == path.read_text().count("--hash=")


@pytest.mark.parametrize("kind", ALL)
def test_no_file_says_where_packages_come_from(kind: str) -> None:
    for suffix in ("in", "txt"):
        assert not re.search(
            r"https?://|index-url|find-links",
            (CHECKOUT / f"{kind}.{suffix}").read_text(),
        )


def test_every_way_to_install_demands_the_hashes() -> None:
    """Each `pip install` of a requirement file: in make, the image and the manual."""
    lines = [
        line
        for path in (
            CHECKOUT / "deploy/container/Containerfile",
            *CHECKOUT.glob("docs/*.md"),
        )
        for line in path.read_text().replace("\\\n", " ").splitlines()
        if "pip install" in line and "requirements" in line
    ]
    assert len(lines) >= 4
    assert [line for line in lines if "--require-hashes" not in line] == []
    makefile = (CHECKOUT / "Makefile").read_text()
    assert re.search(r"^PIP := .*--require-hashes$", makefile, re.MULTILINE)
    assert makefile.count("pip install") == 1


@pytest.mark.parametrize("line", ["Django>=5", "Django", "Django==5.*", "Django==5,<6"])
def test_what_is_no_exact_version_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "requirements.in"
    path.write_text(f"# a comment\n{line}\n")
    with pytest.raises(ValueError, match="no exact version"):
        read(path)
