"""Settings of the server that ships: `gunicorn -c python:quaysite.gunicorn`."""

import os
import sys
from typing import Any

import django
from django.core.management import call_command
from django.core.management.base import SystemCheckError

wsgi_app = "quaysite.wsgi:application"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WORKERS", "2"))
# As fast as one request at a time, and a few clients that send slowly, or hold
# a connection, do not stop everybody else. Past that a buffering proxy helps.
worker_class = "gthread"
threads = int(os.environ.get("THREADS", "8"))
timeout = 30
graceful_timeout = 10
# A real Authorization header holds at most an OIDC token of some kilobytes.
limit_request_field_size = 16380
limit_request_line = 8190
logger_class = "quaysite.access_log.AccessLog"
# No query string: it is the one place where a confused client could put a secret.
access_log_format = '%(h)s "%(m)s %(U)s %(H)s" %(s)s %(b)s %(M)sms'
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
