"""The targets of `make fuzz`, for a moment: what was found once, and a little more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing.bent import bent
from tests.fuzzing.targets import TARGETS, corpus

EXAMPLES = 300

briefly = settings(
    max_examples=EXAMPLES, derandomize=True, database=None, print_blob=True
)
names = pytest.mark.parametrize("name", sorted(TARGETS))


@names
def test_what_was_found_once(name: str) -> None:
    inputs = corpus(name)
    assert inputs
    for data in inputs:
        TARGETS[name](data)


@names
def test_any_bytes(name: str) -> None:
    @briefly
    @given(st.binary(max_size=200))
    def holds(data: bytes) -> None:
        TARGETS[name](data)

    holds()


@names
def test_what_was_found_once_bent(name: str) -> None:
    """The first byte, which tells targets what to do, stays as it is."""

    @briefly
    @given(st.sampled_from(corpus(name)), st.binary(max_size=12))
    def holds(data: bytes, plan: bytes) -> None:
        rest = bent(data[1:].decode("latin-1"), plan)
        TARGETS[name](data[:1] + rest.encode("latin-1"))

    holds()
