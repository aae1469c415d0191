"""How log lines are written: as a line, or as one JSON object (LOG_FORMAT=json).

No library does the latter here. Those that there are write every attribute of a record,
and Django puts whole requests there; this writes the named ones, so that no secret
comes in by a side door. It also costs a fraction, and a token writes a line.
"""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from quaysite.request_ids import current

LINE, JSON = FORMATS = ("line", "json")


class JsonFormatter(logging.Formatter):
    """A record as JSON: time, level, logger, message, request_id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; line breaks of texts are escaped."""
        written: dict[str, Any] = {
            "time": moment(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := current.get():
            written["request_id"] = request_id
        if record.exc_info:
            written["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            written["stack"] = self.formatStack(record.stack_info)
        return as_line(written)


def moment(seconds: float) -> str:
    """Seconds since 1970 as a time in UTC, to the millisecond (RFC 3339)."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def as_line(written: dict[str, Any]) -> str:
    """JSON without a line break. What is not Unicode is replaced, and never raises."""
    try:
        return orjson.dumps(written, default=str).decode()
    except TypeError:
        clean = {name: _clean(value) for name, value in written.items()}
        return orjson.dumps(clean).decode()


def _clean(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def logging_settings(log_format: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to stderr, in the format that is asked for."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            LINE: {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
            JSON: {"()": "quaysite.logs.JsonFormatter"},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": log_format}
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            # Anybody can send a Host that is not ours; it says nothing about us.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
