"""The licences of what a server installs, as its distributions say themselves.

`python -m supply.licences --write` writes docs/licences.md anew; without it, the exit
code is 1 where that file is old or a licence is not allowed.
"""

import re
import sys
from importlib.metadata import PackageMetadata, metadata

from supply import CHECKOUT
from supply.pins import RUNTIME, Pin, read

PAGE = CHECKOUT / "docs" / "licences.md"

ALLOWED = {
    "Apache-2.0": "",
    "BSD": "",
    "BSD-2-Clause": "",
    "BSD-3-Clause": "",
    "MIT": "",
    "MIT-0": "",
    "PSF-2.0": "",
    "MPL-2.0": "copyleft of its own files only, which we do not change",
}
"""With the reason, where it is not plain that Apache-2.0 may depend on it."""

ALLOWED_FOR = {
    "jwcrypto": ("LGPL-3.0-or-later", "a library of django-oauth-toolkit's, unchanged"),
    "psycopg": ("LGPL-3.0-only", "a library, used unchanged; another may replace it"),
    "psycopg-binary": ("LGPL-3.0-only", "part of psycopg"),
    "psycopg-pool": ("LGPL-3.0-only", "part of psycopg"),
}
"""Allowed for that distribution, and for no other."""

_SPELLINGS = {
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""What old metadata says, in the names of SPDX; BSD is as exact as some are."""

_HEAD = """\
# Licences

Quaysite is under Apache-2.0 (`LICENSE`). These are the distributions that a server
installs (`requirements.txt`) and the licences that their metadata names. This page is
made by `make licences`, and a test fails where it is old or where a licence is not one
that `supply/licences.py` allows.

| distribution | version | licence | allowed because |
|---|---|---|---|
"""

_ELSEWHERE = """
Only where their condition holds, so not read here:
"""


def page() -> str:
    """The text of docs/licences.md, for the versions in requirements.txt."""
    pins = read(RUNTIME)
    rows = "".join(_row(pin) for pin in pins.values() if not pin.marker)
    elsewhere = [
        f"- {pin.name} {pin.version}, if `{pin.marker}`\n"
        for pin in pins.values()
        if pin.marker
    ]
    return _HEAD + rows + _ELSEWHERE + "".join(elsewhere)


def _row(pin: Pin) -> str:
    licence = licence_of(metadata(pin.name))
    return f"| {pin.name} | {pin.version} | {licence} | {reason(pin.name, licence)} |\n"


def licence_of(said: PackageMetadata) -> str:
    """What a distribution's metadata names, the newest way of saying it first.

    Raises ValueError where it names none that is known.
    """
    fields = said.json
    expression = fields.get("license_expression")
    if expression:
        return str(expression)
    classifiers = fields.get("classifier") or []
    last = [one.split(" :: ")[-1] for one in classifiers if one.startswith("License")]
    for spelling in (str(fields.get("license", "")).strip(), *last):
        known = _SPELLINGS.get(spelling, spelling)
        if atoms(known) <= ALLOWED.keys():
            return known
    raise ValueError(f"{said['Name']} names no licence that is known here")


def reason(name: str, licence: str) -> str:
    """Why it is allowed, empty where that is plain. Raises ValueError if it is not."""
    special, why = ALLOWED_FOR.get(name, ("", ""))
    if licence == special:
        return why
    unknown = atoms(licence) - ALLOWED.keys()
    if unknown or not licence:
        raise ValueError(f"{name} is under {licence}, which is not allowed")
    return "; ".join(filter(None, (ALLOWED[atom] for atom in sorted(atoms(licence)))))


def atoms(expression: str) -> set[str]:
    """The licences in an SPDX expression: each of them counts, a choice or not."""
    words = re.sub(r"[()]", " ", expression)
    return {word.strip() for word in re.split(r"\b(?:AND|OR)\b", words)}


def main(arguments: list[str]) -> int:
    text = page()
    if arguments == ["--write"]:
        PAGE.write_text(text)
    return 0 if PAGE.read_text() == text else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
