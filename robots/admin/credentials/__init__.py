"""A robot's credentials, ready for each kind of client."""

from robots.admin.credentials.keyless import Keyless, keyless_steps
from robots.admin.credentials.page import CredentialsPage, show_new_token

__all__ = ["CredentialsPage", "Keyless", "keyless_steps", "show_new_token"]
