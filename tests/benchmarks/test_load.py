"""The load generator against a server that counts, and what is made of its answers."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import load
from benchmarks.load import Load, Question
from tests.e2e.programs import require

SEEN: Counter[tuple[str, str | None]] = Counter()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        SEEN[self.path, self.headers["Authorization"]] += 1
        self.send_response(401 if "wrong" in self.path else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def address() -> Iterator[str]:
    require("wrk")
    SEEN.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(address: str, folder: Path, *questions: Question, first: int = 0) -> Load:
    file = load.write(questions, folder / "questions")
    return load.ended(load.start(address, file, 1, 1, first=first))


def test_every_question_is_asked_in_turn_with_its_login(
    address: str, tmp_path: Path
) -> None:
    right, anonymous = Question("/a?b=c", "Basic eA=="), Question("/public")
    found = run(address, tmp_path, right, anonymous)
    assert set(SEEN) == {("/a?b=c", "Basic eA=="), ("/public", None)}
    counts = SEEN.values()
    assert max(counts) - min(counts) <= 1
    assert 0 <= SEEN.total() - found.requests <= 1
    assert (found.refused, found.lost) == (0, 0)
    assert 0 < found.p50 <= found.p99
    assert found.rate == pytest.approx(found.requests / found.seconds)


def test_it_begins_where_it_is_told_to(address: str, tmp_path: Path) -> None:
    questions = [Question(f"/{number}") for number in range(100_000)]
    run(address, tmp_path, *questions, first=200_007)
    # wrk looks at the first request, and sends the next one.
    assert min(int(path[1:]) for path, _ in SEEN) == 8


def test_refusals_are_counted(address: str, tmp_path: Path) -> None:
    found = run(address, tmp_path, Question("/wrong"))
    assert found.refused == found.requests > 0


def test_wrk_that_fails_is_an_error(tmp_path: Path) -> None:
    require("wrk")
    with pytest.raises(RuntimeError, match="wrk: "):
        run("127.0.0.1:1", tmp_path, Question("/"))


@pytest.mark.parametrize(
    ("refused", "rate"),
    [
        (0, 50),
        # Refusals are what was asked for, or they are no answers.
        (100, 50),
        (40, 30),
    ],
)
def test_the_rate_is_of_answers(refused: int, rate: float) -> None:
    assert Load(100, 2.0, 1, 1, refused, 0).rate == rate


def test_what_is_picked_is_the_same_each_time() -> None:
    picked = load.some(range(1_000_000), 8, 1000)
    assert picked == load.some(range(1_000_000), 8, 1000)
    assert len(set(picked)) == 1000
    assert min(picked) < 10_000 and max(picked) > 990_000
