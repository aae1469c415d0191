"""The page of licences is true, and no licence comes in that nobody allowed."""

from importlib.metadata import PathDistribution, metadata
from pathlib import Path

import pytest

from supply import licences
from supply.pins import RUNTIME, read


def test_the_page_is_up_to_date() -> None:
    assert licences.PAGE.read_text() == licences.page(), "make licences"
    assert licences.main([]) == 0


def test_every_runtime_distribution_stands_on_it() -> None:
    text = licences.PAGE.read_text()
    for pin in read(RUNTIME).values():
        assert (
            f"{pin.name} | {pin.version}" in text or f"{pin.name} {pin.version}" in text
        )


def test_lgpl_is_for_those_that_are_named() -> None:
    assert licences.reason("psycopg", "LGPL-3.0-only")
    with pytest.raises(ValueError, match="not allowed"):
        licences.reason("another", "LGPL-3.0-only")


@pytest.mark.parametrize(
    "licence", ["AGPL-3.0-only", "MIT AND GPL-2.0-only", "MIT OR (MIT AND X)", ""]
)
def test_what_is_not_allowed_is_refused(licence: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        licences.reason("psycopg", licence)


def test_each_exception_is_still_needed() -> None:
    for name, (licence, _) in licences.ALLOWED_FOR.items():
        assert licences.licence_of(metadata(name)) == licence


def test_old_metadata_is_read_too() -> None:
    """Of one that has no expression, and its whole text in the field."""
    assert licences.licence_of(metadata("django-oauth-toolkit")) == "BSD"


def test_no_licence_at_all_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "nameless-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: nameless\n")
    with pytest.raises(ValueError, match="nameless names no licence"):
        licences.licence_of(PathDistribution(folder).metadata)
