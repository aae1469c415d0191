"""Requests as the server of HTTP hands them to us."""

from typing import Any


class Headers:
    """As granian's: values that are not ASCII are counted, and not shown."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self._pairs = pairs

    def items(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self._pairs if value.isascii()]

    def __contains__(self, name: str) -> bool:
        return any(name == other for other, _ in self._pairs)

    def get(self, name: str) -> str | None:
        return next((value for other, value in self.items() if other == name), None)


class Scope:
    http_version = "1.1"
    server = "127.0.0.1:8000"
    client = "10.0.0.7:4711"
    scheme = "http"
    method = "GET"
    path = "/v2/auth"
    query_string = "service=a"
    authority: str | None = None
    headers: Any = Headers()

    def __init__(self, *pairs: tuple[str, str], **changed: Any) -> None:
        self.headers = Headers(*pairs)
        for name, value in changed.items():
            setattr(self, name, value)
