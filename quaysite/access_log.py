"""The access log: one line for one request, whatever the path holds.

No query string: it is the one place where a confused client could put a secret.
"""

from urllib.parse import quote


def access_line(
    address: str, method: str, path: str, protocol: str, status: int, size: int, ms: int
) -> str:
    """The line, without its end; `path` is a text, not as WSGI has it.

    It is quoted again, since a line break in it would begin a line. Methods are made
    of harmless characters: every server refuses others.
    """
    shown = quote(path, safe="/", errors="replace")
    return f'{address or "-"} "{method} {shown} {protocol}" {status} {size} {ms}ms'
