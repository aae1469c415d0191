"""Settings of the other server: `gunicorn -c python:quaysite.gunicorn`.

`manage.py serve` is faster, and holds no thread for a client that sends slowly; this
is for those who run gunicorn already.
"""

import os
import sys
from datetime import timedelta
from typing import Any

import django
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from gunicorn.glogging import Logger

from quaysite.access_log import access_line
from quaysite.serving import options


class AccessLog(Logger):  # type: ignore[misc]
    """The same lines as with `manage.py serve`, at a fraction of the cost."""

    def access(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta
    ) -> None:
        self.access_log.info(
            "%s",
            access_line(
                environ.get("REMOTE_ADDR", ""),
                environ["REQUEST_METHOD"],
                environ.get("PATH_INFO", ""),  # Django has made it a text.
                environ.get("SERVER_PROTOCOL", ""),
                resp.status_code,
                getattr(resp, "sent", 0) or 0,
                int(request_time.total_seconds() * 1000),
            ),
        )


wsgi_app = "quaysite.wsgi:application"
bind = options.BIND
workers = int(options.WORKERS)
# As fast as one request at a time, and a few clients that send slowly, or hold
# a connection, do not stop everybody else. Past that a buffering proxy helps.
worker_class = "gthread"
threads = int(options.THREADS)
timeout = 30
graceful_timeout = 10
# A real Authorization header holds at most an OIDC token of some kilobytes.
limit_request_field_size = 16380
limit_request_line = 8190
# TRUSTED_PROXY_COUNT says what is believed. gunicorn would let clients of this
# machine, and those of a proxy on it, set the scheme and even the path by headers.
forwarded_allow_ips = ""
forwarder_headers = ""
logger_class = AccessLog
accesslog = "-"
errorlog = "-"
# It would let local users command the server through a socket in the home folder.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Refuse to serve with settings that the system checks call errors."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quaysite.settings")
    django.setup()
    try:
        call_command("check", fail_level="ERROR")
    except SystemCheckError as error:
        sys.exit(f"Quaysite does not start with these settings.\n{error}")
