"""Who is meant by a name in a file: a robot, a team or a person."""

from collections.abc import Iterator, Sequence

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser

from robots.accessfile.documents import AccessFile, NamespaceDocument
from robots.accessfile.grantees import is_team
from robots.accessfile.reconciling.site import Site
from robots.batches import batches
from robots.lifecycle.permissions import Grantee, check_grantee
from robots.models import Robot
from robots.names import TEAM_PREFIX, means_robot


class Grantees:
    """The grantees of one namespace, each looked up and checked once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._found: dict[str, Grantee] = {}

    def named(self, name: str, line: int) -> Grantee:
        """Whom a permission at `line` may name; raises FileInvalid."""
        found = self._found.get(name)
        if found is None:
            found = grantee_named(self._site, name, line)
            with self._site.at(line):
                check_grantee(self._site.namespace, found)
            self._found[name] = found
        return found


def grantee_named(site: Site, name: str, line: int) -> Grantee:
    """`team:NAME`, `namespace+robot` or a person; raises FileInvalid for nobody."""
    if not is_team(name):
        return account_named(site, name, line)
    team = site.teams.get(name.removeprefix(TEAM_PREFIX))
    if team is None:
        raise site.refused(line, f"there is no {name} in {site.name}")
    return team


def account_named(site: Site, name: str, line: int) -> Robot | AbstractBaseUser:
    """`namespace+robot` or a person; raises FileInvalid for nobody."""
    if not means_robot(name):
        person = site.order.people.get(name)
        if person is None:
            raise site.refused(
                line, f"there is no user {name}, and a file creates no people"
            )
        return person
    namespace, _, short = name.partition("+")
    if namespace != site.name:
        raise site.refused(line, f"{name} is no robot of {site.name}")
    robot = site.robots.get(short)
    if robot is None:
        raise site.refused(line, f"there is no robot {name}")
    return robot


def locked_people(files: Sequence[AccessFile]) -> dict[str, AbstractBaseUser]:
    """Those of the people whom `files` name that are there, by user name.

    Locked in the order of their keys, so that two applies wait for each other and
    not both for one another.
    """
    people = get_user_model()
    names = {
        name
        for file in files
        for said in file.namespaces.values()
        for name in _accounts(said)
        if not means_robot(name)
    }
    field = people.USERNAME_FIELD
    keys: list[int] = []
    for batch in batches(sorted(names)):
        rows = people._default_manager.filter(**{f"{field}__in": batch})
        keys += rows.values_list("pk", flat=True)
    found: dict[str, AbstractBaseUser] = {}
    for batch_of_keys in batches(sorted(keys)):
        held = people._default_manager.select_for_update(no_key=True)
        for person in held.filter(pk__in=batch_of_keys).order_by("pk"):
            found[person.get_username()] = person
    return found


def _accounts(said: NamespaceDocument) -> Iterator[str]:
    """Every name of a robot or a person that a namespace of a file mentions."""
    for team in (said.teams or {}).values():
        yield from team.members or ()
    for default in said.default_permissions or ():
        if default.creator is not None:
            yield default.creator
        if not is_team(default.grantee):
            yield default.grantee
    for repository in (said.repositories or {}).values():
        for name in repository.permissions or ():
            if not is_team(name):
                yield name
