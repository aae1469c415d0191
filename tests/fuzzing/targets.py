"""Every target by its name."""

from collections.abc import Callable
from pathlib import Path

from tests.fuzzing.assertions import assertion
from tests.fuzzing.headers import basic, bearer
from tests.fuzzing.queries import query

TARGETS: dict[str, Callable[[bytes], None]] = {
    "basic": basic,
    "bearer": bearer,
    "assertion": assertion,
    "query": query,
}

CORPUS = Path(__file__).parent / "corpus"
"""A folder for each target: inputs to begin with, and those that were found."""


def corpus(target: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]
