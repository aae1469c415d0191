"""Teams and their members."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from robots import audit, names
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, ForeignNamespace, NotFound
from robots.lifecycle.administrators import (
    check_spare,
    check_still_admin,
    lock_organization,
)
from robots.models import Namespace, Robot, Team, TeamMember
from robots.roles import TeamRole
from robots.text import MAX_TEAM_DESCRIPTION, check_description


def set_team(
    namespace: Namespace,
    name: str,
    role: TeamRole,
    by: Performer,
    description: str | None = None,
) -> tuple[Team, bool]:
    """Create a team, or change an existing one; says whether it is new.

    A description of None is left as it is. Raises NameInvalid, NotFound if the
    organization is gone, or DomainError in a personal namespace, which has no teams,
    for a description that cannot be kept, and for a demotion that would leave a person
    who performs it no admin.
    """
    _check_new(namespace, name, description or "")
    with transaction.atomic():
        lock_organization(namespace)
        team, created = Team.objects.get_or_create(
            namespace=namespace, name=name, defaults={"role": role}
        )
        team.namespace = namespace
        if created:
            audit.record("org_create_team", by, namespace, team=name)
        elif team.role != role:
            _set_role(team, role, by)
        if description is not None and team.description != description:
            _set_description(team, description, by)
    return team, created


def create_team(
    namespace: Namespace, name: str, role: TeamRole, by: Performer, description: str
) -> Team:
    """Create a team that is not there yet, told in one event with its role.

    Raises NameInvalid, AlreadyExists, NotFound if the organization is gone, or
    DomainError in a personal namespace and for a description that cannot be kept.
    """
    _check_new(namespace, name, description)
    facts = {"description": description} if description else {}
    try:
        with transaction.atomic():
            team = Team.objects.create(
                namespace=namespace, name=name, role=role, description=description
            )
            audit.record(
                "org_create_team", by, namespace, team=name, role=role.label, **facts
            )
    except IntegrityError:
        if not Team.objects.filter(namespace=namespace, name=name).exists():
            raise NotFound(f"There is no organization {namespace.name}") from None
        raise AlreadyExists(f"Team {name} already exists") from None
    return team


def change_team(
    team: Team,
    by: Performer,
    *,
    role: TeamRole | int | None = None,
    description: str | None = None,
) -> Team:
    """Change a stored team; what is None is left as it is. Answers the new row.

    Raises NotFound if it is gone, DomainError for a description that cannot be kept
    and for a demotion that would leave a person who performs it no admin.
    """
    check_description(description or "", MAX_TEAM_DESCRIPTION)
    with transaction.atomic():
        lock_organization(team.namespace)
        found = _found(team)
        if role is not None and found.role != role:
            _set_role(found, TeamRole(role), by)
        if description is not None and found.description != description:
            _set_description(found, description, by)
    return found


def delete_team(team: Team, by: Performer) -> None:
    """Delete a team with its memberships, permissions and default permissions.

    Raises NotFound if it is gone, DomainError where that would leave a person who
    performs it no admin.
    """
    namespace = team.namespace
    with transaction.atomic():
        lock_organization(namespace)
        found = _found(team)
        check_spare(
            found,
            by,
            f"Deleting team '{team.name}' would remove admin ability for user"
            f" '{by.name}' in organization '{namespace}'",
        )
        audit.record("org_delete_team", by, namespace, team=team.name)
        found.delete()


def add_member(
    team: Team, member: Robot | AbstractBaseUser, by: Performer
) -> TeamMember:
    """Put a person, or a robot of the team's namespace, in a team.

    Raises ForeignNamespace for another namespace's robot, AlreadyExists for one
    who is in it already, NotFound if the team or the member is gone.
    """
    name = _check_member(team, member)
    grantee = {"robot": member} if isinstance(member, Robot) else {"user": member}
    try:
        with transaction.atomic():
            row = TeamMember.objects.create(
                team=team, namespace_id=team.namespace_id, **grantee
            )
            audit.record(
                "org_add_team_member", by, team.namespace, member=name, team=team.name
            )
    except IntegrityError:
        if not TeamMember.objects.filter(team=team, **grantee).exists():
            raise NotFound("The team or the member has just been deleted") from None
        raise AlreadyExists(
            f"User {name} is already a member of team {team.name}"
        ) from None
    return row


def remove_member(team: Team, member: Robot | AbstractBaseUser, by: Performer) -> None:
    """Take a member out of a team; NotFound for one who is not in it.

    Raises DomainError for the performer's own place in the only team that makes
    the performer an admin.
    """
    name = _check_member(team, member)
    grantee = {"robot": member} if isinstance(member, Robot) else {"user": member}
    with transaction.atomic():
        lock_organization(team.namespace)
        rows = TeamMember.objects.filter(team=team, **grantee).select_related("team")
        row = rows.first()
        if row is None:
            raise NotFound(f"User {name} does not belong to team {team.name}")
        _check_removal(row, by)
        row.delete()
        audit.record(
            "org_remove_team_member", by, team.namespace, member=name, team=team.name
        )


def _check_new(namespace: Namespace, name: str, description: str) -> None:
    names.check_team_name(name)
    check_description(description, MAX_TEAM_DESCRIPTION)
    if not namespace.is_organization:
        raise DomainError(f"{namespace} is a person's own namespace: it has no teams")


def _found(team: Team) -> Team:
    """The stored row, for this transaction; or NotFound."""
    found = Team.objects.select_for_update().filter(pk=team.pk).first()
    if found is None:
        name = f"Team '{team.name}'"
        raise NotFound(f"{name} is not a team in org '{team.namespace}'")
    found.namespace = team.namespace
    return found


def _check_removal(row: TeamMember, by: Performer) -> None:
    """What must hold for a person who takes somebody out of an admin team."""
    if row.team.role != TeamRole.ADMIN:
        return
    if by.user_id is not None and row.user_id == by.user_id:
        refusal = "User cannot remove themselves from their only admin team."
        check_spare(row.team, by, refusal)
    else:
        check_still_admin(row.team.namespace, by)


def _check_member(team: Team, member: Robot | AbstractBaseUser) -> str:
    if not isinstance(member, Robot):
        return member.get_username()
    if member.namespace_id != team.namespace_id:
        raise ForeignNamespace(
            "Cannot add the specified robot to this team,"
            " as it is not a member of the organization"
        )
    return member.full_name


def _set_role(team: Team, role: TeamRole, by: Performer) -> None:
    if role < TeamRole.ADMIN:
        check_spare(
            team,
            by,
            f"Cannot remove admin from team '{team.name}' because calling user"
            f" would no longer have admin on org '{team.namespace}'",
        )
    team.role = role
    team.save(update_fields=["role"])
    audit.record(
        "org_set_team_role", by, team.namespace, team=team.name, role=role.label
    )


def _set_description(team: Team, description: str, by: Performer) -> None:
    team.description = description
    team.save(update_fields=["description"])
    audit.record(
        "org_set_team_description",
        by,
        team.namespace,
        team=team.name,
        description=description,
    )
