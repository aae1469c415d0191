"""What both servers are told by the environment."""

import os

BIND = os.environ.get("BIND", "127.0.0.1:8000")
WORKERS = os.environ.get("WORKERS", "2")
# Each keeps a connection to the database. Past a few a process gains no speed by
# them, only clients that are not stopped by somebody's slow sign-in.
THREADS = os.environ.get("THREADS", "8")
LOG_FORMAT = os.environ.get("LOG_FORMAT", "line")
