"""Every page that a person reaches by links, one for each shape of an address."""

import re
from collections import deque
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

from tests.browser.axe import violations

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 375, "height": 800}

_NOT_PAGES = re.compile(r"/(jsi18n|logout|autocomplete)/")
_KEPT_PARAMETERS = {"namespace", "tab", "kind"}

_LINKS = (
    "[...document.querySelectorAll('a[href]:not([download])')]"
    ".map(link => link.getAttribute('href'))"
)

MAX_PAGES = 200


class Crawl:
    """Opens pages on a wide light screen and looks at each.

    With `judging` for violations too, with `dark` also on a narrow dark screen. No page
    may have `secret` in its source.
    """

    def __init__(
        self, page: Page, *, judging: bool, dark: bool, secret: str | None = None
    ) -> None:
        self.page = page
        self.judging = judging
        self.dark = dark
        self.secret = secret
        self.problems: list[str] = []
        self.visited: list[str] = []
        self._shapes: set[str] = set()
        self._waiting: deque[str] = deque()
        self._add("/admin/")

    def run(self) -> None:
        while self._waiting and len(self.visited) < MAX_PAGES:
            self._visit(self._waiting.popleft())

    def _visit(self, address: str) -> None:
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        self.page.emulate_media(color_scheme="light")
        response = self.page.goto(address)
        self.visited.append(address)
        if response is None or response.status != 200:
            status = response.status if response else "nothing"
            self.problems.append(f"{address}: {status}")
            return
        if self.secret and self.secret in self.page.content():
            self.problems.append(f"{address}: has {self.secret}")
        for href in self.page.evaluate(_LINKS):
            self._add(href)
        if self.judging:
            self._judge(address, "light")
        if self.dark:
            self._look_in_the_dark(address)

    def _look_in_the_dark(self, address: str) -> None:
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        self.page.emulate_media(color_scheme="dark")
        # The theme looks at the scheme when a page is loaded.
        self.page.reload()
        self._judge(address, "dark, narrow")
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > NARROW["width"]:
            self.problems.append(f"{address}: {wide} px wide on a narrow screen")

    def _judge(self, address: str, how: str) -> None:
        self.problems += [f"{address} ({how}): {v}" for v in violations(self.page)]

    def _add(self, href: str) -> None:
        address = urlsplit(href)
        if address.netloc or not address.path.startswith("/admin/"):
            return
        if _NOT_PAGES.search(address.path):
            return
        shape = re.sub(r"/\d+/", "/N/", address.path)
        kept = sorted(_KEPT_PARAMETERS & parse_qs(address.query).keys())
        shape = f"{shape}?{','.join(kept)}"
        if shape not in self._shapes:
            self._shapes.add(shape)
            self._waiting.append(address._replace(fragment="").geturl())
