"""Patterns whose star stays within its part."""

import re


def matches(pattern: str, text: str) -> bool:
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch("[^/:@]*".join(parts), text) is not None
