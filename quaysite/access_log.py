"""The server's access log: one line for one request, whatever the path holds."""

from typing import Any
from urllib.parse import quote

from gunicorn.glogging import Logger


class AccessLog(Logger):  # type: ignore[misc]
    """gunicorn logs the decoded path: a line break in it would begin a line."""

    def atoms(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any
    ) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {**atoms, "U": quote(environ.get("PATH_INFO", ""), safe="/")}
