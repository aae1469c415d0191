"""The settings of signing in with an OpenID provider, as the rest reads them."""

from typing import NamedTuple

from django.conf import settings

DEFAULT_GROUPS_CLAIM = "groups"
_NEEDED = ("OIDC_ISSUER", "OIDC_RP_CLIENT_ID", "OIDC_RP_CLIENT_SECRET")


class TeamGroup(NamedTuple):
    """Members of the provider's `group` belong in this team."""

    group: str
    organization: str
    team: str

    def __str__(self) -> str:
        return f"{self.organization}/{self.team}"


def is_configured() -> bool:
    """Whether people may sign in with a provider: issuer, client and secret are set."""
    return not missing()


def missing() -> list[str]:
    """Names of the settings without which there is no provider."""
    return [name for name in _NEEDED if not getattr(settings, name, "")]


def issuer() -> str:
    """The provider, as `iss` of its tokens says, byte for byte."""
    return str(getattr(settings, "OIDC_ISSUER", ""))


def client_id() -> str:
    """What this site is called at the provider."""
    return str(getattr(settings, "OIDC_RP_CLIENT_ID", ""))


def client_secret() -> str:
    """What proves to the provider that it is this site."""
    return str(getattr(settings, "OIDC_RP_CLIENT_SECRET", ""))


def uses_basic_auth() -> bool:
    """Whether the secret goes in a header (client_secret_basic), not in the form."""
    return bool(getattr(settings, "OIDC_TOKEN_USE_BASIC_AUTH", False))


def scopes() -> str:
    """What the provider is asked for."""
    return str(getattr(settings, "OIDC_SCOPES", "openid email profile"))


def name() -> str:
    """What people call the provider."""
    return str(getattr(settings, "OIDC_NAME", "") or "single sign-on")


def groups_claim() -> str:
    """The claim that lists a person's groups; dots lead into objects."""
    return str(getattr(settings, "OIDC_GROUPS_CLAIM", "") or DEFAULT_GROUPS_CLAIM)


def groups_are_expected() -> bool:
    """Whether the operator named the claim: then a token without it has no groups."""
    return bool(getattr(settings, "OIDC_GROUPS_CLAIM", ""))


def team_groups() -> list[TeamGroup]:
    """The groups that lead into teams; what cannot be read is for the checks."""
    read = (read_team_group(entry) for entry in team_group_entries())
    return [entry for entry in read if entry is not None]


def team_group_entries() -> list[str]:
    """The mapping as it was written: `group=organization/team` each."""
    return list(getattr(settings, "OIDC_TEAM_GROUPS", ()))


def read_team_group(entry: str) -> TeamGroup | None:
    """None unless `entry` is `group=organization/team`; a group may have `=` in it."""
    group, _, place = entry.rpartition("=")
    organization, _, team = place.partition("/")
    if not (group and organization and team):
        return None
    return TeamGroup(group.strip(), organization.strip(), team.strip())


def staff_groups() -> frozenset[str]:
    """Groups whose members are staff; empty leaves that to people."""
    return frozenset(getattr(settings, "OIDC_STAFF_GROUPS", ()))


def superuser_groups() -> frozenset[str]:
    """Groups whose members may do everything; empty leaves that to people."""
    return frozenset(getattr(settings, "OIDC_SUPERUSER_GROUPS", ()))


def gives_powers() -> bool:
    """Whether groups make people staff or superusers."""
    return bool(staff_groups() or superuser_groups())


def creates_users() -> bool:
    """Whether somebody unknown becomes a person of this site."""
    return bool(getattr(settings, "OIDC_CREATE_USERS", True))
