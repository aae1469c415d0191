"""The script, and a server that grants whatever token exchange is asked of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.program import Program
from tests.clients.servers import Server, granted, serving


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def quaysite() -> Iterator[Server]:
    with serving(granted()) as server:
        yield server


@pytest.fixture
def auth_file(tmp_path: Path) -> Path:
    return tmp_path / "auth.json"
