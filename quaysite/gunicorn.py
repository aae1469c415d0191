"""Settings of the other server: `gunicorn -c python:quaysite.gunicorn`.

`manage.py serve` is faster, and holds no thread for a client that sends slowly; this
is for those who run gunicorn already.
"""

import logging
import os
import sys
from datetime import timedelta
from importlib import import_module
from io import StringIO
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from gunicorn.glogging import Logger

from quaysite.access_log import Answered, access_line
from quaysite.logs import JSON, JsonFormatter
from quaysite.serving import options
from robots.origin import REQUEST_ID_META


class AccessLog(Logger):  # type: ignore[misc]
    """The same lines as with `manage.py serve`, at a fraction of the cost."""

    def setup(self, cfg: Any) -> None:
        """Have gunicorn's own lines in the format of all others."""
        super().setup(cfg)
        if options.LOG_FORMAT == JSON:
            for handler in logging.getLogger("gunicorn.error").handlers:
                handler.setFormatter(JsonFormatter())

    def access(
        self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta
    ) -> None:
        answered = Answered(
            address=environ.get("REMOTE_ADDR", ""),
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", ""),  # Django has made it a text.
            protocol=environ.get("SERVER_PROTOCOL", ""),
            status=resp.status_code,
            size=getattr(resp, "sent", 0) or 0,
            ms=int(request_time.total_seconds() * 1000),
            request_id=environ.get(REQUEST_ID_META, ""),
        )
        self.access_log.info("%s", access_line(answered, options.LOG_FORMAT))


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
        # That all is well is no line of the access log.
        call_command("check", fail_level="ERROR", stdout=StringIO())
    except SystemCheckError as error:
        sys.exit(f"Quaysite does not start with these settings.\n{error}")
    publishing().prepare(settings.VAR_DIR / "metrics")


def post_fork(server: Any, worker: Any) -> None:
    """Start what a worker tells the others of its counts, and what seals the audit."""
    publishing().publisher.start()
    import_module("robots.usage").usage.wake()


def publishing() -> Any:
    """The module, which needs models: Django is set up after this one is read."""
    return import_module("quaysite.metrics.publishing")
