"""System checks of the settings for signing in with a provider."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from federation.errors import TrustInvalid
from federation.issuers import check_url
from quaysite.models.oidc import MAX_ISSUER
from quaysite.oidc import conf
from registryauth.conf import accepts_passwords

_MAPPINGS = ("OIDC_TEAM_GROUPS", "OIDC_STAFF_GROUPS", "OIDC_SUPERUSER_GROUPS")
_NAMES = ("OIDC_ISSUER", "OIDC_RP_CLIENT_ID", "OIDC_RP_CLIENT_SECRET")


@register()
def check_complete(**kwargs: Any) -> list[CheckMessage]:
    """All that a provider needs is set, or nothing."""
    missing = conf.missing()
    if not 0 < len(missing) < len(_NAMES):
        return []
    return [
        Error(
            f"Signing in with a provider needs {', '.join(missing)} too.",
            hint="Without OIDC_ISSUER, OIDC_RP_CLIENT_ID and OIDC_RP_CLIENT_SECRET"
            " people sign in with passwords only.",
            id="quaysite.E001",
        )
    ]


@register()
def check_issuer(**kwargs: Any) -> list[CheckMessage]:
    """The provider can be asked for its endpoints."""
    if not conf.issuer():
        return []
    try:
        check_url(conf.issuer())
    except TrustInvalid as error:
        return [Error(f"OIDC_ISSUER: {error.message}.", id="quaysite.E002")]
    if len(conf.issuer()) > MAX_ISSUER:
        longest = f"OIDC_ISSUER: at most {MAX_ISSUER} characters."
        return [Error(longest, id="quaysite.E002")]
    return []


@register()
def check_scopes(**kwargs: Any) -> list[CheckMessage]:
    """Without `openid` there is no ID token."""
    if not conf.is_configured() or "openid" in conf.scopes().split():
        return []
    return [Error("OIDC_SCOPES must have openid among them.", id="quaysite.E003")]


@register()
def check_team_groups(**kwargs: Any) -> list[CheckMessage]:
    """Every entry of the mapping can be read."""
    return [
        Error(
            f"OIDC_TEAM_GROUPS: {entry!r} is not group=organization/team.",
            id="quaysite.E004",
        )
        for entry in conf.team_group_entries()
        if conf.read_team_group(entry) is None
    ]


@register()
def check_groups_claim(**kwargs: Any) -> list[CheckMessage]:
    """Powers that groups give are taken away again."""
    set_ones = [name for name in _MAPPINGS if getattr(settings, name, ())]
    if not set_ones or conf.groups_are_expected() or not conf.is_configured():
        return []
    return [
        Warning(
            f"OIDC_GROUPS_CLAIM is not set, but {', '.join(set_ones)}: a provider that"
            " leaves out a claim without groups never takes away what they gave.",
            hint="Name the claim, even if it is the default: OIDC_GROUPS_CLAIM="
            f"{conf.DEFAULT_GROUPS_CLAIM}.",
            id="quaysite.W001",
        )
    ]


@register()
def check_somebody_may_sign_in(**kwargs: Any) -> list[CheckMessage]:
    """There is a way in."""
    if accepts_passwords() or conf.is_configured():
        return []
    return [
        Error(
            "OIDC_PASSWORD_SIGN_IN is off and there is no provider: nobody can sign"
            " in.",
            id="quaysite.E005",
        )
    ]
