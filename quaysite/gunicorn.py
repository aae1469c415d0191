"""Settings of the server that ships: `gunicorn -c python:quaysite.gunicorn`."""

import os

wsgi_app = "quaysite.wsgi:application"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WORKERS", "2"))
# One request at a time in each worker: measured faster here than threads.
worker_class = "sync"
timeout = 30
graceful_timeout = 10
# A real Authorization header holds at most an OIDC token of some kilobytes.
limit_request_field_size = 16380
limit_request_line = 8190
# No query string: it is the one place where a confused client could put a secret.
access_log_format = '%(h)s "%(m)s %(U)s %(H)s" %(s)s %(b)s %(M)sms'
accesslog = "-"
errorlog = "-"
# It would let local users command the server through a socket in the home folder.
control_socket_disable = True
