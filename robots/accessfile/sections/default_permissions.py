"""`default_permissions` of an access file."""

from robots.accessfile.documents import DefaultPermissionDocument
from robots.accessfile.problems import Problem
from robots.accessfile.sections.within import Within
from robots.accessfile.tables import each_item, fields, known_entries
from robots.accessfile.tree import Node
from robots.accessfile.values import one_of, text, text_or_none
from robots.roles import Role

_REQUIRED = ("to", "role")


def read_default_permissions(
    node: Node, path: str, within: Within
) -> tuple[DefaultPermissionDocument, ...]:
    """In the order of the file. Raises Problem for no list."""
    found: dict[DefaultPermissionDocument, int] = {}

    def read(item: Node, path: str) -> None:
        default = _default(item, path, within)
        if default is None:
            return
        if default in found:
            problem = f"this is said twice; first on line {found[default]}"
            raise Problem(item.line, problem)
        found[default] = item.line

    each_item(node, path, within.problems, read)
    return tuple(found)


def _default(item: Node, path: str, within: Within) -> DefaultPermissionDocument | None:
    """None where a problem was noted."""

    def grantee(node: Node) -> str:
        name = text(node)
        within.grantees.check(name, node.line)
        return name

    def creator(node: Node) -> str | None:
        name = text_or_none(node)
        if name is not None:
            within.grantees.check_account(name, node.line)
        return name

    readers = {"to": grantee, "role": _role, "creator": creator}
    entries = known_entries(item, path, within.problems, tuple(readers))
    for key in _REQUIRED:
        if key not in entries:
            raise Problem(item.line, f"{key} is wanted")
    said = fields(entries, path, within.problems, readers)
    if len(said) < len(entries):
        return None
    return DefaultPermissionDocument(
        said["to"], said["role"], said.get("creator"), item.line
    )


_role = one_of({role.label: role for role in Role})
