"""`robots` of an access file, with their trusts."""

import json
from collections.abc import Mapping
from typing import Any

from robots import names
from robots.accessfile.documents import ROBOT_FIELDS, RobotDocument
from robots.accessfile.problems import Problem
from robots.accessfile.sections.within import TrustReader, Within
from robots.accessfile.tables import each, each_item, fields, known_entries, parts
from robots.accessfile.tree import Node
from robots.accessfile.values import (
    flag,
    json_value,
    listing,
    moment_or_none,
    table,
    text_up_to,
)
from robots.errors import DomainError
from robots.lifecycle.robots import MAX_DESCRIPTION
from robots.text import check_storable

TRUSTS = "trusts"


def read_robots(node: Node, path: str, within: Within) -> Mapping[str, RobotDocument]:
    """By short name. Raises Problem for no mapping."""

    def read(name: str, node: Node, path: str) -> RobotDocument:
        try:
            names.check_robot_name(within.namespace, name)
        except DomainError as error:
            raise Problem(node.line, error.message) from None
        return _robot(node, path, within)

    return each(table(node), path, within.problems, read)


def _robot(node: Node, path: str, within: Within) -> RobotDocument:
    problems = within.problems
    keys = (*ROBOT_FIELDS, TRUSTS) if within.trusts else ROBOT_FIELDS
    entries = known_entries(node, path, problems, keys)

    def read_trusts(node: Node, path: str) -> tuple[Mapping[str, Any], ...]:
        return _trusts(node, path, within)

    return RobotDocument(
        fields=fields(entries, path, problems, _READERS),
        trusts=parts(entries, path, problems, {TRUSTS: read_trusts}).get(TRUSTS),
        line=node.line,
    )


def _trusts(node: Node, path: str, within: Within) -> tuple[Mapping[str, Any], ...]:
    keeper = within.trusts
    if keeper is None:
        return ()
    # First of all: each one that is read takes time.
    _check_count(node, keeper)
    found: dict[str, Mapping[str, Any]] = {}

    def read(item: Node, path: str) -> None:
        trust = _trust(item, path, within, keeper)
        text = json.dumps(trust, sort_keys=True)
        if text in found:
            raise Problem(item.line, "this trust is said twice")
        found[text] = trust

    each_item(node, path, within.problems, read)
    return tuple(found.values())


def _check_count(node: Node, keeper: TrustReader) -> None:
    try:
        keeper.check_count(len(listing(node).items))
    except DomainError as error:
        raise Problem(node.line, error.message) from None


def _trust(
    item: Node, path: str, within: Within, keeper: TrustReader
) -> Mapping[str, Any]:
    entries = known_entries(item, path, within.problems, keeper.keys())
    said = {key: json_value(inner) for key, inner in entries.items()}
    try:
        return keeper.read(said)
    except DomainError as error:
        raise Problem(item.line, error.message) from None


def _metadata(node: Node) -> dict[str, Any]:
    value: dict[str, Any] = json_value(table(node))
    try:
        check_storable("metadata", value)
    except DomainError as error:
        problem = error.message.removeprefix("metadata: ")
        raise Problem(node.line, problem) from None
    return value


_READERS = {
    "description": text_up_to(MAX_DESCRIPTION),
    "enabled": flag,
    "expires_at": moment_or_none,
    "metadata": _metadata,
}
