"""This app's settings, with the defaults that hold in any Django project."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings

from registryauth.key_rotation import Schedule
from robots.conf import site_url
from robots.credentials import Secret
from robots.remembered import remembered

MIN_TOKEN_LIFETIME = 60
"""Seconds; docker and containerd treat anything shorter as 60."""

MAX_TOKEN_LIFETIME = 3600
"""Seconds; the bound on how long a revoked right goes on working (rule R8)."""


@remembered
def services() -> tuple[str, ...]:
    """The `service` names of the registries that trust our tokens."""
    return tuple(getattr(settings, "REGISTRY_SERVICES", ["127.0.0.1:5000"]))


@remembered
def issuer() -> str:
    """The `iss` of registry tokens."""
    return str(getattr(settings, "REGISTRY_TOKEN_ISSUER", "quaysite"))


@remembered
def token_lifetime() -> int:
    """Seconds that a registry token lives; never more than MAX_TOKEN_LIFETIME."""
    lifetime = int(getattr(settings, "REGISTRY_TOKEN_LIFETIME", 300))
    return min(lifetime, MAX_TOKEN_LIFETIME)


def refresh_token_lifetime() -> int:
    """Seconds that a refresh token lives, if nothing ends it before."""
    return int(getattr(settings, "REGISTRY_REFRESH_TOKEN_LIFETIME", 30 * 24 * 3600))


def audits_logins() -> bool:
    """Whether a login at the token endpoint is an audit event."""
    return bool(getattr(settings, "ACTION_LOG_AUDIT_LOGINS", True))


MIN_SHARED_TOKEN = 32
"""Characters of a token that operators make up, for programs to send in a header."""


def is_shared_token(token: Secret) -> bool:
    """Whether nobody guesses such a token, and it fits in a header."""
    text = token.reveal()
    is_long = len(text) >= MIN_SHARED_TOKEN
    return is_long and text.isascii() and text.isprintable() and " " not in text


def notification_tokens() -> tuple[Secret, ...]:
    """What registries show that send notifications; the first is for new ones.

    Of these only what `is_shared_token` is accepted.
    """
    tokens = getattr(settings, "REGISTRY_NOTIFICATION_TOKENS", "")
    if isinstance(tokens, str):
        tokens = [token.strip() for token in tokens.split(",")]
    return tuple(Secret(token) for token in tokens if token)


def notifications_create() -> bool:
    """Whether a notification lets a repository exist that is missing here."""
    return bool(getattr(settings, "REGISTRY_NOTIFICATIONS_CREATE_REPOSITORIES", True))


def notifications_url() -> str:
    """The absolute URL that registries send notifications to."""
    return f"{site_url()}/registry/notifications"


def accepts_passwords() -> bool:
    """Whether people log in with a password, or with what a password earned."""
    return bool(getattr(settings, "OIDC_PASSWORD_SIGN_IN", True))


def signing_keys_dir() -> Path:
    """The folder of the signing keys; every replica reads the same one."""
    return Path(getattr(settings, "REGISTRY_SIGNING_KEYS_DIR", "var/signing-keys"))


def signing_algorithm() -> str:
    """The algorithm that a newly made key signs with: ES256 or RS256."""
    return str(getattr(settings, "REGISTRY_SIGNING_ALGORITHM", "ES256"))


def signing_key_schedule() -> Schedule:
    """How long keys sign, and how long before and afterwards they are published.

    They change by themselves only where REGISTRY_SIGNING_KEY_DAYS is positive. What
    one has signed lives an hour at most; a registry's clock may be behind.
    """
    days = int(getattr(settings, "REGISTRY_SIGNING_KEY_DAYS", 0))
    notice = int(getattr(settings, "REGISTRY_SIGNING_KEY_NOTICE_DAYS", 7))
    return Schedule(
        signs=timedelta(days=days) if days > 0 else None,
        notice=timedelta(days=notice),
        keep=2 * timedelta(seconds=MAX_TOKEN_LIFETIME),
    )


@remembered
def server_hostname() -> str:
    """Host, and port if it is not the scheme's own, at which clients reach us."""
    return str(getattr(settings, "SERVER_HOSTNAME", "127.0.0.1:8000"))


def realm() -> str:
    """The absolute URL of the token endpoint, as challenges name it."""
    return f"{site_url()}/v2/auth"
