"""One organization of a running Quay, as an access file has it."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from robots.accessfile.documents import (
    DefaultPermissionDocument,
    NamespaceDocument,
    TeamDocument,
)
from robots.credentials import Secret
from robots.errors import DomainError, NameInvalid
from robots.importing.answers import Unusable, called, flag, mapping, text
from robots.lifecycle.organizations import (
    TAG_EXPIRATIONS,
    check_email,
    check_organization_email,
)
from robots.names import check_team_name
from robots.quay.accounts import account_in
from robots.quay.api import QuayApi, part
from robots.quay.repositories import Watch, read_repositories, role_of, team_in
from robots.quay.robots import Robots, read_robots
from robots.roles import TeamRole
from robots.text import MAX_TEAM_DESCRIPTION, check_description

_QUAYSITE = "/federation/presets"
"""Quay has no such path. Permissions end in Quaysite alone, and lists do not say when:
brought from there they would last."""

_PEOPLE = "user"
_TEAM = "team"


class NotReadable(DomainError):
    """An organization of which too little can be seen to bring any of it."""


class Organization(NamedTuple):
    """What one has there, and the robots' secrets by full name."""

    document: NamespaceDocument
    secrets: dict[str, Secret]


def read_organization(api: QuayApi, name: str, watch: Watch) -> Organization:
    """Read all of it. Raises NotReadable, and RemoteFailed and AnswerInvalid as `api`.

    Only its administrators see all: half of its teams would be another organization.
    """
    view = api.document(f"/organization/{part(name)}")
    if view.get("is_admin") is not True:
        raise NotReadable("the token is not one of its administrators' (org:admin)")
    teams = _teams(api, name, view)
    robots = Robots({}, {})
    with api.optional("robots of organization", name):
        robots = read_robots(api, name)
    repositories = None
    with api.optional("repositories of organization", name):
        repositories = read_repositories(api, name, watch)
    defaults: tuple[DefaultPermissionDocument, ...] = ()
    with api.optional("default permissions of organization", name):
        defaults = _default_permissions(api, name)
    if api.has(_QUAYSITE):
        reason = "are not told by this API: export_access tells them"
        api.leftovers.add("ends of permissions of organization", name, reason)
    document = NamespaceDocument(
        fields=_fields(api, name, view),
        teams=teams,
        robots=robots.documents,
        repositories=repositories,
        default_permissions=defaults,
    )
    return Organization(document, robots.secrets)


def _fields(api: QuayApi, name: str, view: dict[str, Any]) -> dict[str, Any]:
    """What can be kept; Quay writes a UUID where an organization has no address."""
    fields: dict[str, Any] = {}
    for field, read in _FIELDS.items():
        try:
            value = read(view)
        except (Unusable, DomainError) as error:
            api.leftovers.add(f"{field} of organization", name, str(error))
        else:
            if value is not None:
                fields[field] = value
    return fields


def _email(view: dict[str, Any]) -> str | None:
    return _address(view, "email", check_organization_email)


def _invoice_address(view: dict[str, Any]) -> str | None:
    """Often a person's: bills may go to somebody who has an account too."""
    return _address(view, "invoice_email_address", check_email)


def _address(
    view: dict[str, Any], field: str, check: Callable[[str], None]
) -> str | None:
    address = text(view, field, "")
    if not address or _is_uuid(address):
        return None
    check(address)
    return address


def _is_uuid(address: str) -> bool:
    try:
        UUID(address)
    except ValueError:
        return False
    return True


def _invoices(view: dict[str, Any]) -> bool:
    return flag(view, "invoice_email", False)


def _tag_expiration(view: dict[str, Any]) -> int | None:
    seconds = view.get("tag_expiration_s")
    if seconds is None:
        return None
    if type(seconds) is not int or seconds not in TAG_EXPIRATIONS:
        raise Unusable(f"none of {', '.join(map(str, TAG_EXPIRATIONS))} seconds")
    return seconds


_FIELDS = {
    "email": _email,
    "invoice_email": _invoices,
    "invoice_email_address": _invoice_address,
    "tag_expiration_s": _tag_expiration,
}


def _teams(api: QuayApi, name: str, view: dict[str, Any]) -> dict[str, TeamDocument]:
    try:
        listed = mapping(view.get("teams"))
    except Unusable as error:
        raise NotReadable(f"its teams cannot be read: {error}") from None
    teams: dict[str, TeamDocument] = {}
    for item in listed.values():
        try:
            team = text(item, "name")
            check_team_name(team)
            role = _team_role(item)
        except (Unusable, NameInvalid) as error:
            api.leftovers.add(f"team of {name}", called(item), str(error))
        else:
            teams[team] = TeamDocument(
                _team_fields(api, f"{name}/{team}", item, role),
                _members(api, name, team),
            )
    return teams


def _team_role(item: Any) -> TeamRole:
    try:
        return TeamRole.from_name(text(item, "role"))
    except ValueError:
        raise Unusable("its role is not member, creator or admin") from None


def _team_fields(api: QuayApi, shown: str, item: Any, role: TeamRole) -> dict[str, Any]:
    fields: dict[str, Any] = {"role": role}
    try:
        description = text(item, "description", "")
        check_description(description, MAX_TEAM_DESCRIPTION)
        fields["description"] = description
    except (Unusable, DomainError) as error:
        api.leftovers.add("description of team", shown, str(error))
    if item.get("is_synced") is True:
        reason = "its members are not kept up to date with a directory here"
        api.leftovers.add("synchronisation of team", shown, reason)
    return fields


def _members(api: QuayApi, name: str, team: str) -> dict[str, int]:
    """Who is in a team, without those who were invited and have not come."""
    members: dict[str, int] = {}
    path = f"/organization/{part(name)}/team/{part(team)}/members"
    with api.optional("members of team", f"{name}/{team}"):
        for item in api.items(path, "members"):
            try:
                if flag(item, "invited", False):
                    raise Unusable("was invited, and has not come yet")
                members[account_in(name, item)] = 0
            except Unusable as error:
                noun = f"member of team {name}/{team}"
                api.leftovers.add(noun, called(item), str(error))
    return members


def _default_permissions(
    api: QuayApi, name: str
) -> tuple[DefaultPermissionDocument, ...]:
    """Each of them once, however often it is said."""
    found: dict[DefaultPermissionDocument, None] = {}
    path = f"/organization/{part(name)}/prototypes"
    for item in api.items(path, "prototypes"):
        try:
            found[_default_permission(name, item)] = None
        except Unusable as error:
            delegate = called(item, "delegate")
            noun = f"default permission of {name} for"
            api.leftovers.add(noun, called(delegate), str(error))
    return tuple(found)


def _default_permission(name: str, item: Any) -> DefaultPermissionDocument:
    delegate = mapping(item).get("delegate")
    kind = text(delegate, "kind")
    if kind not in (_PEOPLE, _TEAM):
        raise Unusable("for neither a user nor a team")
    grantee = team_in(delegate) if kind == _TEAM else account_in(name, delegate)
    creator = item.get("activating_user")
    return DefaultPermissionDocument(
        grantee,
        role_of(item),
        None if creator is None else account_in(name, creator),
    )
