"""Free ports, taken ports, and what is said about them."""

import socket
from argparse import ArgumentTypeError
from collections.abc import Iterator

import pytest

from quaysite.quickstart.ports import (
    PortUnusable,
    free_ports,
    is_free,
    port_number,
    require_free,
)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_not_free(taken_port: int) -> None:
    assert not is_free(taken_port)


def test_a_port_taken_on_every_address_is_not_free_here() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104
        assert not is_free(server.getsockname()[1])


def test_two_free_ports_are_different_and_can_be_listened_on() -> None:
    one, other = free_ports()
    assert one != other
    with (
        socket.create_server(("127.0.0.1", one)),
        socket.create_server(("127.0.0.1", other)),
    ):
        pass


def test_the_message_names_the_port_and_a_free_one(taken_port: int) -> None:
    with pytest.raises(PortUnusable) as caught:
        require_free(taken_port, "PORT")
    text = str(caught.value)
    assert f"port {taken_port} of 127.0.0.1 is taken" in text
    proposed = int(text.rpartition("make run PORT=")[2])
    assert is_free(proposed)


def test_a_free_port_passes() -> None:
    require_free(free_ports()[0], "PORT")


@pytest.mark.parametrize("text", ["1", "8000", "65535"])
def test_a_port_is_a_number(text: str) -> None:
    assert port_number(text) == int(text)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "", "80.5"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="from 1 to 65535"):
        port_number(text)
