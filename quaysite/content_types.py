"""Content types that Django can stand: UTF-8, or none said.

Django looks at the charset of a Content-Type before any middleware runs. One that
is no text (`base64`), or a parameter in an unknown encoding, is then an exception
that nothing turns into an answer; so is any charset beside too many parameters.
"""

import codecs
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.utils.http import parse_header_parameters

_REFUSAL = b'{"message": "Send UTF-8, and say so or say nothing in Content-Type."}'


class Utf8Only:
    """WSGI middleware: drop a charset that says UTF-8, refuse any other with 415."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        content_type = environ.get("CONTENT_TYPE", "")
        if ";" not in content_type:
            return self.application(environ, start_response)
        try:
            plain = _without_charset(content_type)
        except (LookupError, ValueError):
            return _refuse(start_response)
        return self.application({**environ, "CONTENT_TYPE": plain}, start_response)


def _without_charset(content_type: str) -> str:
    """The type with no parameter but the boundary of a multipart body.

    Raises LookupError or ValueError for a charset that is not UTF-8.
    """
    kind, parameters = parse_header_parameters(content_type)
    charset = codecs.lookup(parameters.get("charset", "utf-8")).name
    if charset != "utf-8":
        raise ValueError(charset)
    boundary = parameters.get("boundary")
    if boundary is None:
        return kind
    if '"' in boundary or "\\" in boundary:
        raise ValueError("boundary")
    return f'{kind}; boundary="{boundary}"'


def _refuse(start_response: StartResponse) -> Iterable[bytes]:
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(_REFUSAL))),
    ]
    start_response("415 Unsupported Media Type", headers)
    return [_REFUSAL]
