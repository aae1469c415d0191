"""Limits that somebody set here, and that Quay knows nothing of: they stay.

A permission that ends here would last again if it were brought a second time, a
robot that was stopped here would work again, and a trust that was disabled or made
narrower here would be joined by the wide one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.contrib.auth import get_user_model

from robots.accessfile.documents import (
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
)
from robots.accessfile.trusts import TrustFacts, keeper
from robots.importing.leftovers import Leftovers
from robots.models import Namespace, RepositoryPermission, Robot
from robots.names import TEAM_PREFIX, RobotName

_OF_ROBOTS = frozenset({"enabled", "expires_at"})


def keep_limits(
    name: str, document: NamespaceDocument, leftovers: Leftovers
) -> NamespaceDocument:
    """The document without what would take a limit away in the namespace `name`."""
    ending = set(_ending(name))
    here = set(_robots(name))
    trusts = _trusts(name)
    return replace(
        document,
        robots={
            robot: _limited(name, robot, said, trusts.get(robot, ()), leftovers)
            if robot in here
            else said
            for robot, said in (document.robots or {}).items()
        },
        repositories=document.repositories
        and {
            repository: _ended(name, repository, said, ending, leftovers)
            for repository, said in document.repositories.items()
        },
    )


def _limited(
    namespace: str,
    robot: str,
    said: RobotDocument,
    held: Sequence[TrustFacts],
    leftovers: Leftovers,
) -> RobotDocument:
    fields = {key: said.fields[key] for key in said.fields.keys() - _OF_ROBOTS}
    known = {_whom(trust) for trust in held}
    for trust in said.trusts or ():
        if _whom(trust) in known and trust not in held:
            noun = f"trust of {RobotName(namespace, robot)} in"
            reason = "is here with other rules for the subject, and stays as it is"
            leftovers.add(noun, trust["issuer"], reason)
    new = tuple(trust for trust in said.trusts or () if _whom(trust) not in known)
    return replace(said, fields=fields, trusts=new or None)


def _whom(trust: TrustFacts) -> tuple[str, str]:
    return trust["issuer"], trust["subject"]


def _trusts(name: str) -> Mapping[str, Sequence[TrustFacts]]:
    """Those of each robot of the namespace, by its short name."""
    namespace, trusts = Namespace.objects.filter(name=name).first(), keeper()
    if namespace is None or trusts is None:
        return {}
    return trusts.held(namespace)


def _ended(
    name: str,
    repository: str,
    said: RepositoryDocument,
    ending: set[tuple[str, str]],
    leftovers: Leftovers,
) -> RepositoryDocument:
    kept = {}
    for grantee, grant in (said.permissions or {}).items():
        if (repository, grantee) in ending:
            noun = f"permission on {name}/{repository} of"
            leftovers.add(noun, grantee, "has an end here, and stays as it is")
        else:
            kept[grantee] = grant
    return replace(said, permissions=kept)


def _ending(name: str) -> Iterator[tuple[str, str]]:
    """Repository and grantee of each permission that has an end, past ones too."""
    rows = RepositoryPermission.objects.filter(
        namespace__name=name, expires_at__isnull=False
    ).order_by()
    user = f"user__{get_user_model().USERNAME_FIELD}"
    columns = ("repository__name", "robot__name", "team__name", user)
    for repository, robot, team, person in rows.values_list(*columns):
        if robot is not None:
            yield repository, str(RobotName(name, robot))
        else:
            yield repository, person if team is None else TEAM_PREFIX + team


def _robots(name: str) -> Iterator[str]:
    rows = Robot.objects.filter(namespace__name=name).order_by()
    yield from rows.values_list("name", flat=True)
