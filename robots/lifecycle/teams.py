"""Teams and their members."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from robots import audit, names
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, ForeignNamespace, NotFound
from robots.models import Namespace, Robot, Team, TeamMember
from robots.roles import TeamRole


def set_team(
    namespace: Namespace, name: str, role: TeamRole, by: Performer
) -> tuple[Team, bool]:
    """Create a team, or give an existing one `role`; says whether it is new.

    Raises NameInvalid, or DomainError in a personal namespace, which has no teams.
    """
    names.check_team_name(name)
    if not namespace.is_organization:
        raise DomainError(f"{namespace} is a person's own namespace: it has no teams")
    with transaction.atomic():
        team, created = Team.objects.get_or_create(
            namespace=namespace, name=name, defaults={"role": role}
        )
        if created:
            audit.record("org_create_team", by, namespace, team=name)
        elif team.role != role:
            team.role = role
            team.save(update_fields=["role"])
            audit.record("org_set_team_role", by, namespace, team=name, role=role.label)
    return team, created


def add_member(
    team: Team, member: Robot | AbstractBaseUser, by: Performer
) -> TeamMember:
    """Put a person, or a robot of the team's namespace, in a team.

    Raises ForeignNamespace for another namespace's robot, AlreadyExists for one
    who is in it already.
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
        raise AlreadyExists(
            f"User {name} is already a member of team {team.name}"
        ) from None
    return row


def remove_member(team: Team, member: Robot | AbstractBaseUser, by: Performer) -> None:
    """Take a member out of a team; NotFound for one who is not in it."""
    name = _check_member(team, member)
    grantee = {"robot": member} if isinstance(member, Robot) else {"user": member}
    with transaction.atomic():
        removed, _ = TeamMember.objects.filter(team=team, **grantee).delete()
        if not removed:
            raise NotFound(f"User {name} does not belong to team {team.name}")
        audit.record(
            "org_remove_team_member", by, team.namespace, member=name, team=team.name
        )


def _check_member(team: Team, member: Robot | AbstractBaseUser) -> str:
    if not isinstance(member, Robot):
        return member.get_username()
    if member.namespace_id != team.namespace_id:
        raise ForeignNamespace(
            "Cannot add the specified robot to this team,"
            " as it is not a member of the organization"
        )
    return member.full_name
