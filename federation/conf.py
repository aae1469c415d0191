"""This app's settings, with the defaults that hold in any Django project."""

from pathlib import Path

from django.conf import settings

MAX_TOKEN_LIFETIME = 3600
"""Seconds; no federated token lives longer, whatever the settings say (R7)."""


def issuers() -> frozenset[str]:
    """The only issuers that trusts may name; empty for any."""
    return frozenset(getattr(settings, "FEDERATION_ISSUERS", ()))


def internal_issuers() -> frozenset[str]:
    """Issuers whose hosts may have private addresses."""
    return frozenset(getattr(settings, "FEDERATION_INTERNAL_ISSUERS", ()))


def allows_loopback_http() -> bool:
    """Whether an issuer on a loopback address may be asked in plain HTTP."""
    return bool(getattr(settings, "FEDERATION_ALLOW_LOOPBACK_HTTP", False))


def ca_file() -> Path | None:
    """Certificates that issuers may have, beside those the system trusts."""
    path = getattr(settings, "FEDERATION_CA_FILE", "")
    return Path(path) if path else None


def trusts_may_bring_keys() -> bool:
    """Whether a trust may carry the keys of its issuer itself."""
    return bool(getattr(settings, "FEDERATION_TRUST_KEYS", True))


def requires_audience() -> bool:
    """Whether a trust without audiences lets nobody in."""
    return bool(getattr(settings, "FEDERATION_REQUIRE_AUDIENCE", False))


def single_use() -> bool:
    """Whether every trust takes a token once only."""
    return bool(getattr(settings, "FEDERATION_SINGLE_USE", False))


def token_lifetime() -> int:
    """Seconds that a federated token lives at most."""
    lifetime = int(getattr(settings, "FEDERATION_TOKEN_LIFETIME", MAX_TOKEN_LIFETIME))
    return min(lifetime, MAX_TOKEN_LIFETIME)


def lifetime_follows_token() -> bool:
    """Whether it also lives at most twice as long as the token it was earned with."""
    return bool(getattr(settings, "FEDERATION_LIFETIME_FOLLOWS_TOKEN", False))


def password_login() -> bool:
    """Whether the token of an issuer is itself a password at the token endpoint."""
    return bool(getattr(settings, "FEDERATION_PASSWORD_LOGIN", True))


def keys_fresh_seconds() -> int:
    """Seconds after which an issuer's keys are asked for again."""
    return int(getattr(settings, "FEDERATION_KEYS_FRESH_SECONDS", 600))


def keys_max_seconds() -> int:
    """Seconds after which keys that could not be asked for again count for nothing."""
    return int(getattr(settings, "FEDERATION_KEYS_MAX_SECONDS", 24 * 3600))


def keys_cooldown_seconds() -> int:
    """Seconds between two tries to have an issuer's keys, also after a failure."""
    return int(getattr(settings, "FEDERATION_KEYS_COOLDOWN_SECONDS", 60))
