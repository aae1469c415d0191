"""A plain HTTP client that keeps cookies, as scripts against Quay are written."""

import http.client
import json
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """A response, whole."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Client:
    """Speaks to one server; `token` is a bearer token, `csrf` goes with each write."""

    url: str
    token: str | None = None
    csrf: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PUT", path, body, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PATCH", path, body, headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send("DELETE", path, None, headers)

    def send(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> Answer:
        """One request. A body that is not bytes is sent as JSON; None is no body."""
        target = urlsplit(self.url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port)
        sent = self._headers(body, headers)
        try:
            connection.request(method, path, self.encoded(body), sent)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for header in response.msg.get_all("Set-Cookie") or []:
            self._keep(SimpleCookie(header))
        return Answer(response.status, dict(response.headers.items()), text)

    @staticmethod
    def encoded(body: Any) -> bytes | None:
        if body is None or isinstance(body, bytes):
            return body
        return json.dumps(body).encode()

    def _headers(self, body: Any, extra: dict[str, str]) -> dict[str, str]:
        headers = {name.replace("_", "-"): value for name, value in extra.items()}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.csrf is not None:
            headers["X-CSRF-Token"] = self.csrf
        if self.cookies:
            pairs = (f"{name}={value}" for name, value in self.cookies.items())
            headers["Cookie"] = "; ".join(pairs)
        return headers

    def _keep(self, cookies: SimpleCookie) -> None:
        for name, cookie in cookies.items():
            if cookie["max-age"] == 0 or not cookie.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
