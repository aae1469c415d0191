"""The same client without a socket: for details, where real HTTP would add only time.

It goes through every middleware, as a request over the network does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.test import Client as DjangoClient

from tests.api.client import Answer, Client


class LocalClient(Client):
    """Calls the site in this process, so that a test needs no server."""

    def __init__(self, token: str | None = None) -> None:
        super().__init__("http://127.0.0.1:8000", token)
        self.django = DjangoClient(
            enforce_csrf_checks=True, raise_request_exception=False
        )

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Forget afterwards which cookies were set meanwhile."""
        cookies = self.django.cookies.output(header="", sep="; ")
        kept = dict(self.cookies)
        yield
        self.django.cookies.clear()
        self.django.cookies.load(cookies)
        self.cookies = kept

    def send(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> Answer:
        sent = self._headers(body, headers)
        content_type = sent.pop("Content-Type", "")
        response = self.django.generic(
            method,
            urlsplit(path).geturl(),
            self.encoded(body) or b"",
            content_type=content_type,
            headers=sent,
        )
        self.cookies = {name: m.value for name, m in response.cookies.items()} | {
            name: m.value for name, m in self.django.cookies.items()
        }
        text = b"".join(response) if response.streaming else response.content
        return Answer(response.status_code, dict(response.items()), text.decode())


LocalUser = Callable[..., LocalClient]
"""The fixture `local_user`: a client with a bearer token of the person it is given."""
