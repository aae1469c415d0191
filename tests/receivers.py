"""A mail server and a webhook receiver on this machine, which can be out of order."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from pytest_django.fixtures import Settings

SECRET = "a secret of the receiver's: 32 characters long"

Whether = Callable[[], bool]


def never() -> bool:
    return False


@dataclass(frozen=True)
class Mail:
    """What was accepted, and for whom."""

    recipients: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        return str(self.message.get_content())


@dataclass
class MailServer:
    """Keeps what it accepts; `refuses` is asked at each mail."""

    port: int
    refuses: Whether = never
    answer: str = "451 try again later"
    accepted: list[Mail] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses():
            return self.answer
        message: Any = message_from_bytes(envelope.content, policy=policy.default)
        self.accepted.append(Mail(list(envelope.rcpt_tos), message))
        return "250 kept"


@dataclass(frozen=True)
class Post:
    """What came, whatever was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int


@dataclass
class Hook:
    """Answers `status`, or 503 where `refuses` says so."""

    refuses: Whether = never
    status: int = 204
    location: str = ""
    url: str = ""
    posts: list[Post] = field(default_factory=list)

    @property
    def accepted(self) -> list[Post]:
        return [post for post in self.posts if 200 <= post.status < 300]


@contextmanager
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """A server of mail, and settings that send there."""
    keeper = MailServer(_free_port())
    controller = Controller(keeper, hostname="127.0.0.1", port=keeper.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", keeper.port
    settings.EXPIRY_NOTICE_EMAIL = True
    try:
        yield keeper
    finally:
        controller.stop()


@contextmanager
def hook(
    settings: Settings, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Hook]:
    """A receiver of posts on a loopback address, and settings that post there."""
    keeper = Hook()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(keeper))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    keeper.url = f"{scheme}://{host}:{server.server_port}/notices"
    settings.EXPIRY_WEBHOOK_URL = keeper.url
    settings.EXPIRY_WEBHOOK_SECRET = SECRET
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield keeper
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(keeper: Hook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = 503 if keeper.refuses() else keeper.status
            keeper.posts.append(Post(self.path, dict(self.headers), body, status))
            self.send_response(status)
            if keeper.location:
                self.send_header("Location", keeper.location)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
