"""The servers that faults happen to: one as it is, and others with more settings."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.faults import clock
from benchmarks.faults.stage import Stage

PLAIN = "faults"
FORGETFUL = "forgetful"
SHIFTED = "shifted"

_FORGETFUL = {"FEDERATION_KEYS_MAX_SECONDS": "3"}
"""An issuer's keys count for nothing soon after it is gone."""


@contextmanager
def site(stage: Stage, name: str) -> Iterator[Stage | str]:
    """The server of that name runs in this block; or why it cannot be had here."""
    if name == PLAIN:
        yield stage
        return
    settings = _FORGETFUL if name == FORGETFUL else clock.settings(stage.site.folder)
    if settings is None:
        yield f"libfaketime is missing: {clock.INSTALL}"
        return
    with stage.sibling(name, **settings) as other:
        yield other
