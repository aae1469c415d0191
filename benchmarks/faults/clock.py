"""A clock of one server's own, that is set while it runs: by libfaketime."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults.stage import Stage

_FILE = "clock"
_SITECUSTOMIZE = Path(__file__).parent / "shifted"


INSTALL = "apt-get install libfaketime"


def settings(folder: Path) -> dict[str, str] | None:
    """The environment of a server whose clock is right until it is `shifted`.

    None where there is no libfaketime.
    """
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        return None
    _set(folder, 0)
    return {
        "LD_PRELOAD": str(libraries[0]),
        "PYTHONPATH": str(_SITECUSTOMIZE),
        "FAKETIME_TIMESTAMP_FILE": str(folder / _FILE),
        # Seconds after which it looks at the file again.
        "FAKETIME_CACHE_DURATION": "1",
        # A clock that is set moves no timer.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@contextmanager
def shifted(stage: Stage, seconds: int) -> Iterator[None]:
    """The clock of the server alone is wrong by so many seconds in this block."""
    _set(stage.site.folder, seconds)
    try:
        yield
    finally:
        _set(stage.site.folder, 0)


def _set(folder: Path, seconds: int) -> None:
    (folder / _FILE).write_text(f"{seconds:+d}\n")
