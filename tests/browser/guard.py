"""What no page may do, whatever a test looks at: every page is watched for it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response

_OWN_SCHEMES = {"data", "blob", "about"}


@dataclass
class Guard:
    """Console errors (violations of the policy among them), faults, other hosts.

    `statuses` are answers that the test means to see, such as a 404.
    """

    host: str
    complaints: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._fault(page, str(error)))
        page.on("request", self._request)
        page.on("response", self._response)

    def _fault(self, page: Page, error: str) -> None:
        self.complaints.append(f"fault on {page.url}: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if any(f"status of {status}" in message.text for status in self.statuses):
            return
        self.complaints.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in _OWN_SCHEMES and url.netloc != self.host:
            self.complaints.append(f"outside: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.statuses:
            self.complaints.append(f"{response.status}: {response.url}")
