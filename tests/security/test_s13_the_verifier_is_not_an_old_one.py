"""S-13: PyJWT of before 2.13.0 let a token choose its algorithm; none is installed."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from django.conf import settings

MENDED = (2, 13, 0)


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3])


def test_s13_the_installed_pyjwt_is_mended() -> None:
    assert numbers(version("PyJWT")) >= MENDED


PINNING = (
    "requirements.in",
    *(f"requirements{n}.txt" for n in ("", "-dev", "-tracing")),
)
"""The first is written by hand; those that are compiled of it are the others."""


@pytest.mark.parametrize("file", sorted(Path(settings.BASE_DIR).glob("requirements*")))
def test_s13_no_requirement_lets_in_an_older_one(file: Path) -> None:
    pins = re.findall(r"(?im)^pyjwt\b([^\n#;]*)", file.read_text())
    assert len(pins) == (file.name in PINNING)
    for pin in pins:
        exact = re.search(r"^==([\d.]+)\s*\\?$", pin)
        assert exact is not None
        assert numbers(exact[1]) >= MENDED
