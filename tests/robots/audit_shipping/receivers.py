"""Real receivers on this machine: a syslog server and a web server."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer

SECONDS = 10


class SyslogServer(ThreadingTCPServer):
    """Keeps the messages that were framed by octet counting (RFC 6587, 3.4.1)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SyslogHandler)
        self.messages: list[str] = []
        self.dies_after = 0
        self.talks_for = 0.0

    @property
    def url(self) -> str:
        return f"syslog://127.0.0.1:{self.server_address[1]}"


class _SyslogHandler(StreamRequestHandler):
    server: SyslogServer

    def handle(self) -> None:
        seen = 0
        while frame := self._length():
            self.server.messages.append(self.rfile.read(frame).decode())
            seen += 1
            if seen == self.server.dies_after:
                # As when its process is killed: the kernel resets what is unread.
                socket.close(self.connection.detach())
                return
        until = time.monotonic() + self.server.talks_for
        with suppress(OSError):
            while time.monotonic() < until:
                self.wfile.write(b".")
                time.sleep(0.01)

    def _length(self) -> int:
        digits = b""
        while (byte := self.rfile.read(1)).isdigit():
            digits += byte
        return int(digits or 0)


class Webhook(ThreadingHTTPServer):
    """Keeps the requests, and answers them with `answers`, then with 204."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _WebhookHandler)
        self.answers: list[int] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/audit?key=CANARY"


class _WebhookHandler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:  # noqa: N802 - the name http.server calls
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Not on the tests' output."""


@contextmanager
def serving(server: SyslogServer | Webhook) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(SECONDS)
        server.server_close()


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def payload(message: str) -> str:
    """The JSON of a syslog message, whose head must be as RFC 5424 has it."""
    found = re.fullmatch(
        r"<109>1 \d{4}-\d\d-\d\dT[\d:.]+\+00:00 \S+ quaysite - [a-z_]+ - (\{.*\})",
        message,
    )
    assert found, message
    return found[1]
