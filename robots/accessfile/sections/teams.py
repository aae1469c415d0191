"""`teams` of an access file, with their members."""

from collections.abc import Mapping

from robots import names
from robots.accessfile.documents import TEAM_FIELDS, TeamDocument
from robots.accessfile.problems import Problem, shown
from robots.accessfile.sections.within import Within
from robots.accessfile.tables import each, each_item, fields, known_entries, parts
from robots.accessfile.tree import Node
from robots.accessfile.values import one_of, table, text, text_up_to
from robots.errors import DomainError
from robots.roles import TeamRole
from robots.text import MAX_TEAM_DESCRIPTION

_MEMBERS = "members"
_READERS = {
    "role": one_of({role.label: role for role in TeamRole}),
    "description": text_up_to(MAX_TEAM_DESCRIPTION),
}


def read_teams(node: Node, path: str, within: Within) -> Mapping[str, TeamDocument]:
    """By name. Raises Problem for no mapping."""

    def read(name: str, node: Node, path: str) -> TeamDocument:
        try:
            names.check_team_name(name)
        except DomainError as error:
            raise Problem(node.line, error.message) from None
        return _team(node, path, within)

    return each(table(node), path, within.problems, read)


def _team(node: Node, path: str, within: Within) -> TeamDocument:
    problems = within.problems
    entries = known_entries(node, path, problems, (*TEAM_FIELDS, _MEMBERS))

    def read_members(node: Node, path: str) -> Mapping[str, int]:
        return _members(node, path, within)

    return TeamDocument(
        fields=fields(entries, path, problems, _READERS),
        members=parts(entries, path, problems, {_MEMBERS: read_members}).get(_MEMBERS),
        line=node.line,
    )


def _members(node: Node, path: str, within: Within) -> Mapping[str, int]:
    found: dict[str, int] = {}

    def read(item: Node, path: str) -> None:
        name = text(item)
        within.grantees.check_account(name, item.line)
        if name in found:
            problem = f"{shown(name)} is said twice; first on line {found[name]}"
            raise Problem(item.line, problem)
        found[name] = item.line

    each_item(node, path, within.problems, read)
    return found
