"""The id of the request that a thread is at, for its lines in the log.

It stays until the next request of that thread: what is logged in between is about the
request before. Threads of our own have none.
"""

from contextvars import ContextVar

current: ContextVar[str] = ContextVar("request_id", default="")
