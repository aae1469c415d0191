"""Bodies sent in chunks, which Django under WSGI would take for empty ones.

skopeo and podman post their refresh token with Transfer-Encoding: chunked and no
length. The server has undone the chunks and marks the end of the input; Django
reads only as far as CONTENT_LENGTH says, so the length is found out here.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings

_TOO_LARGE = (
    b'{"errors": [{"code": "INVALID_REQUEST", "detail": {},'
    b' "message": "The body is too large"}]}'
)


class ChunkedBodies:
    """WSGI middleware: give a chunked body its length, up to Django's own limit.

    It relies on `wsgi.input_terminated`, and does nothing where a server does not
    promise that reading ends with the body.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if not _is_chunked(environ):
            return self.application(environ, start_response)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = environ["wsgi.input"].read(-1 if limit is None else limit + 1)
        if limit is not None and len(body) > limit:
            return _refuse(start_response)
        replaced: dict[str, Any] = {
            "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
        }
        return self.application({**environ, **replaced}, start_response)


def _is_chunked(environ: WSGIEnvironment) -> bool:
    encoding = environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    return "chunked" in encoding and bool(environ.get("wsgi.input_terminated"))


def _refuse(start_response: StartResponse) -> Iterable[bytes]:
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(_TOO_LARGE))),
        ("Connection", "close"),
    ]
    start_response("413 Content Too Large", headers)
    return [_TOO_LARGE]
