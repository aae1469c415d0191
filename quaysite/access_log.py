"""The access log: one line for one request, whatever the path holds.

No query string: it is the one place where a confused client could put a secret.
"""

import time
from typing import NamedTuple
from urllib.parse import quote

from quaysite.endpoints import note_response
from quaysite.logs import JSON, as_line, moment


class Answered(NamedTuple):
    """A request that was answered. `path` is a text, not as WSGI has it.

    `size` is in bytes; `request_id` is empty where none was given to it.
    """

    address: str
    method: str
    path: str
    protocol: str
    status: int
    size: int
    ms: int
    request_id: str = ""


def access_line(answered: Answered, log_format: str) -> str:
    """The line, without its end; the answer is counted as well.

    The path is quoted again, since a line break in it would begin a line. Methods are
    made of harmless characters: every server refuses others.
    """
    note_response(answered.path, answered.status)
    return _as_json(answered) if log_format == JSON else _as_text(answered)


def _as_text(answered: Answered) -> str:
    address, method, path, protocol, status, size, ms, _ = answered
    shown = quote(path, safe="/", errors="replace")
    return f'{address or "-"} "{method} {shown} {protocol}" {status} {size} {ms}ms'


def _as_json(answered: Answered) -> str:
    shown = quote(answered.path, safe="/", errors="replace")
    written = {
        "time": moment(time.time()),
        "level": "INFO",
        "logger": "access",
        "message": f"{answered.method} {shown} {answered.status}",
        "address": answered.address or None,
        "method": answered.method,
        "path": shown,
        "protocol": answered.protocol,
        "status": answered.status,
        "bytes": answered.size,
        "ms": answered.ms,
    }
    if answered.request_id:
        written["request_id"] = answered.request_id
    return as_line(written)
