"""How the people of an organization are shown, with what they are given there."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from rest_framework import serializers

from robots.api.formats import avatar_of
from robots.api.members import Account, account_name, permissions_in
from robots.api.schema import Avatar
from robots.models import Namespace, Robot, TeamMember


def people_views(
    namespace: Namespace, people: Sequence[AbstractBaseUser]
) -> list[dict[str, Any]]:
    """People with their teams and repositories in `namespace`. Two queries."""
    teams = _teams_of(namespace, "user", people)
    collaborators = collaborator_views(namespace, people)
    return [
        {**shown, "teams": teams.get(person.pk, [])}
        for person, shown in zip(people, collaborators, strict=True)
    ]


def collaborator_views(
    namespace: Namespace, people: Sequence[AbstractBaseUser]
) -> list[dict[str, Any]]:
    """People with their repositories in `namespace`. One query."""
    repositories = _repositories_of(namespace, "user", people)
    return [
        {**_named(person), "repositories": repositories.get(person.pk, [])}
        for person in people
    ]


def robot_view(robot: Robot) -> dict[str, Any]:
    """A robot with its teams and repositories. Two queries."""
    teams = _teams_of(robot.namespace, "robot", [robot])
    repositories = _repositories_of(robot.namespace, "robot", [robot])
    return {
        **_named(robot),
        "teams": teams.get(robot.pk, []),
        "repositories": repositories.get(robot.pk, []),
    }


def _named(account: Account) -> dict[str, Any]:
    return {
        "name": account_name(account),
        "kind": "robot" if isinstance(account, Robot) else "user",
        "avatar": avatar_of(account),
    }


def _teams_of(
    namespace: Namespace, column: str, accounts: Iterable[Account]
) -> Mapping[int, list[dict[str, Any]]]:
    rows = TeamMember.objects.filter(namespace=namespace)
    rows = rows.select_related("team").order_by("team__name")
    return _by_account(
        rows,
        column,
        accounts,
        lambda row: {"name": row.team.name, "avatar": avatar_of(row.team)},
    )


def _repositories_of(
    namespace: Namespace, column: str, accounts: Iterable[Account]
) -> Mapping[int, list[str]]:
    rows = permissions_in(namespace).select_related("repository")
    return _by_account(
        rows.order_by("repository__name"),
        column,
        accounts,
        lambda row: row.repository.name,
    )


def _by_account(
    rows: QuerySet[Any],
    column: str,
    accounts: Iterable[Account],
    shown: Callable[[Any], Any],
) -> Mapping[int, list[Any]]:
    """What `rows` show of each account, by its key. One query."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows.filter(**{f"{column}__in": [a.pk for a in accounts]}):
        found[getattr(row, f"{column}_id")].append(shown(row))
    return found


class MemberTeam(serializers.Serializer[Any]):
    """A team that a member is in."""

    name = serializers.CharField()
    avatar = Avatar()


class CollaboratorReply(serializers.Serializer[Any]):
    """A person in no team, and the repositories the person has a permission on."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(["user"])
    avatar = Avatar()
    repositories = serializers.ListField(child=serializers.CharField())


class OrganizationMemberReply(serializers.Serializer[Any]):
    """A person in a team of the organization, or one of its robots."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(["user", "robot"])
    avatar = Avatar()
    teams = MemberTeam(many=True)
    repositories = serializers.ListField(child=serializers.CharField())


class OrganizationMemberList(serializers.Serializer[Any]):
    """Some members, and where the next ones are."""

    members = OrganizationMemberReply(many=True)
    next_page = serializers.CharField(required=False)


class CollaboratorList(serializers.Serializer[Any]):
    """Some collaborators, and where the next ones are."""

    collaborators = CollaboratorReply(many=True)
    next_page = serializers.CharField(required=False)
