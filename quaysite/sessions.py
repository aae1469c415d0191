"""Sessions in the database, found by keys of ours and nothing else."""

import re

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    """Any other key is as if there were none: PostgreSQL fails on a NUL in it."""

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and _KEY.fullmatch(key) is not None
