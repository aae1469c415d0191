"""A person at the admin's pages, by plain HTTP: cookies, forms, nothing else."""

import html
import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.e2e.accounts import Account
from tests.e2e.site import Site

SECONDS = 30

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Person:
    """Signed in to `site` as `account`."""

    def __init__(self, site: Site, account: Account) -> None:
        self._base = f"http://{site.address}"
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.post("/sign-in/", username=account.name, password=account.secret)

    def get(self, path: str) -> bytes:
        return self._open(path)

    def post(self, path: str, **form: str) -> bytes:
        """Fill in and send a form of the page at `path`."""
        token = _CSRF.search(self.get(path).decode())
        assert token is not None
        body = urlencode({"csrfmiddlewaretoken": token[1], **form}).encode()
        return self._open(path, body)

    def _open(self, path: str, body: bytes | None = None) -> bytes:
        request = Request(self._base + path, body)  # noqa: S310 - it is http
        with self._opener.open(request, timeout=SECONDS) as response:
            content: bytes = response.read()
        return content


def text_of(page: bytes, key: str) -> str:
    """The text of the page's `code` element with this id."""
    found = re.search(rf'<code[^>]* id="{key}">([^<]*)</code>', page.decode())
    assert found is not None
    return html.unescape(found[1])
