"""System checks of this app's settings."""

import ssl
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from federation import conf


@register()
def check_issuers(**kwargs: Any) -> list[CheckMessage]:
    """Every issuer that a setting names is a URL that could be asked."""
    schemes = ("https://", "http://") if conf.allows_loopback_http() else ("https://",)
    wrong = sorted(
        issuer
        for issuer in conf.issuers() | conf.internal_issuers()
        if not issuer.startswith(schemes)
    )
    if not wrong:
        return []
    return [
        Error(
            f"Not the https:// URL of an issuer: {', '.join(wrong)}.",
            hint="FEDERATION_ISSUERS and FEDERATION_INTERNAL_ISSUERS hold what `iss`"
            " of the tokens says, byte for byte.",
            id="federation.E001",
        )
    ]


@register()
def check_lifetime(**kwargs: Any) -> list[CheckMessage]:
    """A federated token lives an hour at most, and at all (R7)."""
    most = conf.MAX_TOKEN_LIFETIME
    if 0 < getattr(settings, "FEDERATION_TOKEN_LIFETIME", most) <= most:
        return []
    return [
        Error(
            f"FEDERATION_TOKEN_LIFETIME must be 1 to {most} seconds.",
            id="federation.E002",
        )
    ]


@register()
def check_key_times(**kwargs: Any) -> list[CheckMessage]:
    """An issuer is not asked all the time, and its keys are not kept for ever."""
    fresh, longest = conf.keys_fresh_seconds(), conf.keys_max_seconds()
    if 0 < conf.keys_cooldown_seconds() <= fresh <= longest:
        return []
    return [
        Error(
            "FEDERATION_KEYS_COOLDOWN_SECONDS, FEDERATION_KEYS_FRESH_SECONDS and"
            " FEDERATION_KEYS_MAX_SECONDS must be positive, and none greater than the"
            " next.",
            id="federation.E003",
        )
    ]


@register()
def check_ca_file(**kwargs: Any) -> list[CheckMessage]:
    """The certificates of internal issuers can be read."""
    path = conf.ca_file()
    if path is None:
        return []
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        return [
            Error(f"FEDERATION_CA_FILE {path}: {error}.", id="federation.E004"),
        ]
    return []


@register(Tags.security, deploy=True)
def check_plain_http(**kwargs: Any) -> list[CheckMessage]:
    """Whoever can listen on this machine could else be an issuer."""
    if not conf.allows_loopback_http():
        return []
    return [
        Warning(
            "FEDERATION_ALLOW_LOOPBACK_HTTP is on: it is for development.",
            hint="Give the issuer a certificate; FEDERATION_CA_FILE may name its CA.",
            id="federation.W001",
        )
    ]
