"""From the bytes of an access file to what it says."""

from collections.abc import Mapping

from robots.accessfile import trusts
from robots.accessfile.csv_reader import csv_namespaces
from robots.accessfile.decoding import text_of
from robots.accessfile.documents import AccessFile, NamespaceDocument
from robots.accessfile.problems import Problem, Problems
from robots.accessfile.sections.namespaces import read_namespaces
from robots.accessfile.tables import known_entries, parts
from robots.accessfile.tree import Node, tree_of
from robots.accessfile.values import integer
from robots.accessfile.writing import VERSION

_CSV = ".csv"
_VERSION = "version"
_NAMESPACES = "namespaces"
_KEYS = (_VERSION, _NAMESPACES)


def read_access_file(source: str, content: bytes) -> AccessFile:
    """What a file says: CSV if `source` ends in .csv, else YAML.

    `source` is what errors call it. Nothing is asked of the database: whether the
    people exist, and whether a time has passed, is for those who apply it. Raises
    FileInvalid that names up to 20 problems, each with its line.
    """
    text = text_of(source, content)
    problems = Problems(source)
    if source.lower().endswith(_CSV):
        namespaces = csv_namespaces(text, problems)
    else:
        namespaces = _yaml_namespaces(tree_of(text, problems), problems)
    problems.check()
    return AccessFile(namespaces, source)


def _yaml_namespaces(root: Node, problems: Problems) -> Mapping[str, NamespaceDocument]:
    keeper = trusts.keeper()

    def read(node: Node, path: str) -> Mapping[str, NamespaceDocument]:
        return read_namespaces(node, path, problems, keeper)

    try:
        entries = known_entries(root, "", problems, _KEYS)
        _check_version(entries, root.line)
    except Problem as problem:
        # By another version the rest may mean anything.
        problems.note("", problem)
        raise problems.all() from None
    if _NAMESPACES not in entries:
        problems.add(root.line, "", f"{_NAMESPACES} is wanted")
    said = parts(entries, "", problems, {_NAMESPACES: read})
    found: Mapping[str, NamespaceDocument] = said.get(_NAMESPACES, {})
    return found


def _check_version(entries: Mapping[str, Node], line: int) -> None:
    if _VERSION not in entries:
        raise Problem(line, f"{_VERSION}: {VERSION} is wanted")
    node = entries[_VERSION]
    try:
        said = integer(node)
    except Problem as problem:
        raise Problem(node.line, f"{_VERSION}: {problem.text}") from None
    if said != VERSION:
        raise Problem(node.line, f"{_VERSION}: {VERSION} is wanted, not {said}")
