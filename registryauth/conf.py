"""This app's settings, with the defaults that hold in any Django project."""

from pathlib import Path

from django.conf import settings

MIN_TOKEN_LIFETIME = 60
"""Seconds; docker and containerd treat anything shorter as 60."""

MAX_TOKEN_LIFETIME = 3600
"""Seconds; the bound on how long a revoked right goes on working (rule R8)."""


def services() -> list[str]:
    """The `service` names of the registries that trust our tokens."""
    return list(getattr(settings, "REGISTRY_SERVICES", ["127.0.0.1:5000"]))


def issuer() -> str:
    """The `iss` of registry tokens."""
    return str(getattr(settings, "REGISTRY_TOKEN_ISSUER", "quaysite"))


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


def audits_login_failures() -> bool:
    """Whether a refused login is one, up to a bound."""
    return bool(getattr(settings, "ACTION_LOG_AUDIT_LOGIN_FAILURES", True))


def accepts_passwords() -> bool:
    """Whether people log in with a password, or with what a password earned."""
    return bool(getattr(settings, "OIDC_PASSWORD_SIGN_IN", True))


def signing_keys_dir() -> Path:
    """The folder of the signing keys; every replica reads the same one."""
    return Path(getattr(settings, "REGISTRY_SIGNING_KEYS_DIR", "var/signing-keys"))


def signing_algorithm() -> str:
    """The algorithm that a newly made key signs with: ES256 or RS256."""
    return str(getattr(settings, "REGISTRY_SIGNING_ALGORITHM", "ES256"))


def server_hostname() -> str:
    """Host, and port if it is not the scheme's own, at which clients reach us."""
    return str(getattr(settings, "SERVER_HOSTNAME", "127.0.0.1:8000"))


def realm() -> str:
    """The absolute URL of the token endpoint, as challenges name it."""
    scheme = getattr(settings, "PREFERRED_URL_SCHEME", "https")
    return f"{scheme}://{server_hostname()}/v2/auth"
