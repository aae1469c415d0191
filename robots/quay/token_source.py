"""The OAuth token to ask a Quay with: from a file, the environment or an argument."""

import os
import re
from collections.abc import Mapping

from robots.credentials import Secret
from robots.errors import DomainError
from robots.importing.secret_text import secret_text

VARIABLE = "QUAY_TOKEN"

MAX_LENGTH = 4096
"""Characters; one that is a JWT of a login provider is long."""

_TOKEN = re.compile(rf"[!-~]{{1,{MAX_LENGTH}}}")


def token_from(
    file: str | None,
    argument: str | None,
    environment: Mapping[str, str] = os.environ,
) -> Secret:
    """The first that is given. Raises DomainError, which does not show it."""
    if file is not None and argument is not None:
        raise DomainError("Give --token-file or --token, not both")
    if file is not None:
        return _checked("--token-file", secret_text("--token-file", file, MAX_LENGTH))
    if argument is not None:
        return _checked("--token", argument)
    if not environment.get(VARIABLE):
        raise DomainError(f"Give --token-file, or set {VARIABLE} in the environment")
    return _checked(VARIABLE, environment[VARIABLE])


def _checked(source: str, text: str) -> Secret:
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise DomainError(
            f"{source}: a token is 1 to {MAX_LENGTH} ASCII characters without a space"
        )
    return Secret(token)
