"""The requirement files: what a person chose (.in), and what is installed (.txt)."""

import re
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply import CHECKOUT

RUNTIME = CHECKOUT / "requirements.txt"


class Pin(NamedTuple):
    """One exact version; `hashes` are SHA-256, of each file that the release has."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def read(path: Path) -> dict[str, Pin]:
    """The pins in a requirement file, and in those that it includes, by name.

    Raises ValueError for a requirement that is no exact version.
    """
    found: dict[str, Pin] = {}
    for line in _lines(path):
        if line.startswith("-r "):
            found |= read(path.parent / line.removeprefix("-r ").strip())
        else:
            pin = _pin(line)
            found[pin.name] = pin
    return found


def _lines(path: Path) -> list[str]:
    """Without comments, and each requirement on one line."""
    text = path.read_text().replace("\\\n", " ")
    return [line for line in map(str.strip, text.splitlines()) if _says(line)]


def _says(line: str) -> bool:
    return bool(line) and not line.startswith("#")


def _pin(line: str) -> Pin:
    wanted, *hashes = re.split(r"\s+--hash=sha256:", line)
    requirement = Requirement(wanted.strip())
    exact = re.fullmatch(r"==([^*,]+)", str(requirement.specifier))
    if exact is None:
        raise ValueError(f"{wanted} is no exact version")
    name = canonicalize_name(requirement.name)
    return Pin(name, exact[1], str(requirement.marker or ""), tuple(hashes))
