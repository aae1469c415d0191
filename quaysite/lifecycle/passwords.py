"""Which passwords people may have, and passwords made for them."""

import re
import secrets
import string

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from quaysite.models import User
from registryauth.people_login import MAX_PASSWORD_LENGTH
from robots.credentials import Secret
from robots.errors import DomainError

MIN_LENGTH = 8
"""Characters of a password."""

_INVALID = (
    "Invalid password, password must be at least 8 characters and contain no"
    " whitespace."
)
_TOO_LONG = f"Invalid password, password must be at most {MAX_PASSWORD_LENGTH} long."

_GENERATED_LENGTH = 32
_ALPHABET = string.ascii_letters + string.digits


def check_password(password: str, user: User) -> None:
    """Raise DomainError unless `user` may have this password.

    Beside Quay's rule stand those of AUTH_PASSWORD_VALIDATORS.
    """
    if len(password) < MIN_LENGTH or re.search(r"\s", password):
        raise DomainError(_INVALID)
    if len(password) > MAX_PASSWORD_LENGTH:
        raise DomainError(_TOO_LONG)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError(error.messages[0]) from None


def generate_password() -> Secret:
    """A password of 190 bits from the system's CSPRNG."""
    letters = (secrets.choice(_ALPHABET) for _ in range(_GENERATED_LENGTH))
    return Secret("".join(letters))
