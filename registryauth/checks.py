"""System checks of this app's settings and of the signing key."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from registryauth import conf
from registryauth.keys import ALGORITHMS, KeyStoreError
from registryauth.signer import key_store
from robots.conf import harbor_robot_prefix


@register()
def check_services(**kwargs: Any) -> list[CheckMessage]:
    """At least one registry is named, and each name fits in a challenge header."""
    services = conf.services()
    if services and all(s.isprintable() and '"' not in s and s for s in services):
        return []
    return [
        Error(
            "REGISTRY_SERVICES must name at least one registry, without quotes.",
            hint="Use the `service` of the registry's auth.token configuration.",
            id="registryauth.E001",
        )
    ]


@register()
def check_lifetimes(**kwargs: Any) -> list[CheckMessage]:
    """Tokens live long enough for clients and short enough for revocation (R8)."""
    low, high = conf.MIN_TOKEN_LIFETIME, conf.MAX_TOKEN_LIFETIME
    found: list[CheckMessage] = []
    if not low <= getattr(settings, "REGISTRY_TOKEN_LIFETIME", low) <= high:
        found.append(
            Error(
                f"REGISTRY_TOKEN_LIFETIME must be {low} to {high} seconds.",
                id="registryauth.E002",
            )
        )
    if conf.refresh_token_lifetime() <= 0:
        found.append(
            Error(
                "REGISTRY_REFRESH_TOKEN_LIFETIME must be a positive number of seconds.",
                id="registryauth.E003",
            )
        )
    return found


@register(Tags.security)
def check_notification_tokens(**kwargs: Any) -> list[CheckMessage]:
    """Nobody guesses a notification token, and each fits in a header."""
    if all(map(conf.is_shared_token, conf.notification_tokens())):
        return []
    return [
        Error(
            "A token in REGISTRY_NOTIFICATION_TOKENS is shorter than"
            f" {conf.MIN_SHARED_TOKEN} characters, or does not fit in a header.",
            hint='Make one with: python3 -c "import secrets;'
            ' print(secrets.token_urlsafe(48))"',
            id="registryauth.E007",
        )
    ]


@register()
def check_harbor_prefix(**kwargs: Any) -> list[CheckMessage]:
    """What Harbor's clients write before a robot's name cannot begin a name of ours."""
    prefix = harbor_robot_prefix()
    if not prefix or re.search(r"[^a-z0-9._+-]", prefix):
        return []
    return [
        Error(
            "HARBOR_ROBOT_PREFIX must hold a character that no name has.",
            hint="Harbor's own is robot$; leave it empty where nobody came from there.",
            id="registryauth.E008",
        )
    ]


@register()
def check_algorithm(**kwargs: Any) -> list[CheckMessage]:
    """New keys are of a kind that every supported registry verifies."""
    if conf.signing_algorithm() in ALGORITHMS:
        return []
    return [
        Error(
            f"REGISTRY_SIGNING_ALGORITHM must be one of {', '.join(ALGORITHMS)}.",
            id="registryauth.E004",
        )
    ]


@register(Tags.security, deploy=True)
def check_signing_key(**kwargs: Any) -> list[CheckMessage]:
    """The signing key can be read by nobody else, and is of the configured kind."""
    store = key_store()
    if store.is_empty():
        return []  # The first start makes one.
    try:
        key = store.active()
    except KeyStoreError as error:
        return [Error(str(error), id="registryauth.E006")]
    # Registries trust every published key, so each one is as good as the active one.
    for path in sorted(store.folder.glob("*.pem")):
        if path.stat().st_mode & 0o077:
            return [
                Error(
                    f"{path} can be read by other users.",
                    hint=f"chmod 600 {store.folder}/*.pem",
                    id="registryauth.E005",
                )
            ]
    if key.algorithm != conf.signing_algorithm():
        return [
            Warning(
                f"REGISTRY_SIGNING_ALGORITHM is {conf.signing_algorithm()}, but the"
                f" active key {key.id} signs with {key.algorithm}.",
                hint="manage.py signing_keys add, give the registry the new bundle,"
                " then manage.py signing_keys activate ID.",
                id="registryauth.W002",
            )
        ]
    return []
