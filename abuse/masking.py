"""Secrets are known here so that no report ever shows one."""

import base64
import re

_TOKEN = re.compile(r"\beyJ[\w-]{8,}(\.[\w-]*)*")
"""A JSON Web Token: its header begins with `{"`."""

_SHORTEST = 6
"""Anything shorter would mask words that are no secrets."""


class Secrets:
    """Every secret that was given, made or earned in a run."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, *secrets: str) -> None:
        """Have these masked from now on."""
        self._texts |= {text for text in secrets if len(text) >= _SHORTEST}

    def add_account(self, name: str, secret: str) -> None:
        """The secret, and the form in which Basic credentials carry it."""
        encoded = base64.b64encode(f"{name}:{secret}".encode()).decode()
        self.add(secret, encoded, encoded.rstrip("="))

    def mask(self, text: str) -> str:
        """`text` without secrets and tokens."""
        for secret in sorted(self._texts, key=len, reverse=True):
            text = text.replace(secret, "***")
        return _TOKEN.sub("eyJ***", text)

    def shown_in(self, text: str) -> bool:
        """Whether `text` holds a secret."""
        return any(secret in text for secret in self._texts)
