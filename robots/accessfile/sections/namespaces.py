"""`namespaces` of an access file: what each one says, and its sections."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from robots import names
from robots.accessfile.documents import ORGANIZATION_FIELDS, NamespaceDocument
from robots.accessfile.grantees import Grantees
from robots.accessfile.problems import Problem, Problems, shown
from robots.accessfile.sections.default_permissions import read_default_permissions
from robots.accessfile.sections.repositories import read_repositories
from robots.accessfile.sections.robots import read_robots
from robots.accessfile.sections.teams import read_teams
from robots.accessfile.sections.within import TrustReader, Within
from robots.accessfile.tables import each, fields, known_entries, parts
from robots.accessfile.tree import Node
from robots.accessfile.values import flag, integer, table, words
from robots.errors import DomainError
from robots.lifecycle.organizations import MAX_EMAIL, TAG_EXPIRATIONS

FLAGS = ("personal", "partial")
SECTIONS = ("teams", "robots", "repositories", "default_permissions")

PERSONAL_FIELDS = ("enabled",)
PERSONAL_SECTIONS = ("robots", "repositories")


def read_namespaces(
    node: Node, path: str, problems: Problems, trusts: TrustReader | None
) -> Mapping[str, NamespaceDocument]:
    """By name. Raises Problem for no mapping."""

    def read(name: str, node: Node, path: str) -> NamespaceDocument:
        try:
            names.check_namespace_name(name)
        except DomainError as error:
            raise Problem(node.line, error.message) from None
        return _namespace(name, node, path, problems, trusts)

    return each(table(node), path, problems, read)


def _namespace(
    name: str, node: Node, path: str, problems: Problems, trusts: TrustReader | None
) -> NamespaceDocument:
    entries = known_entries(node, path, problems, _ALLOWED)
    flags = fields(entries, path, problems, dict.fromkeys(FLAGS, flag))
    personal = flags.get("personal", False)
    if personal:
        _refuse_organizations_own(entries, path, problems)
    within = Within(name, Grantees(name, personal), problems, trusts)
    return NamespaceDocument(
        **flags,
        fields=fields(entries, path, problems, _READERS),
        **parts(entries, path, problems, _sections(within)),
        line=node.line,
    )


def _sections(within: Within) -> dict[str, Any]:
    def of(read: Any) -> Any:
        return lambda node, path: read(node, path, within)

    return {
        "teams": of(read_teams),
        "robots": of(read_robots),
        "repositories": of(read_repositories),
        "default_permissions": of(read_default_permissions),
    }


def _refuse_organizations_own(
    entries: dict[str, Node], path: str, problems: Problems
) -> None:
    """Note what only organizations have, and leave it out."""
    for key in tuple(entries):
        if key not in _PERSONAL:
            line = entries.pop(key).line
            problems.add(line, f"{path}.{key}", "a personal namespace has none")


def _email(node: Node) -> str:
    address = words(node)
    if address and not _is_email(address):
        raise Problem(node.line, f"{shown(address)} is no e-mail address")
    return address


def _is_email(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= MAX_EMAIL


def _tag_expiration(node: Node) -> int:
    seconds = integer(node)
    if seconds not in TAG_EXPIRATIONS:
        allowed = ", ".join(map(str, TAG_EXPIRATIONS))
        raise Problem(node.line, f"one of {allowed} is wanted, not {seconds}")
    return seconds


_READERS = {
    "enabled": flag,
    "email": _email,
    "invoice_email": flag,
    "invoice_email_address": _email,
    "tag_expiration_s": _tag_expiration,
}
_ALLOWED = (*FLAGS, *ORGANIZATION_FIELDS, *SECTIONS)
_PERSONAL = {*FLAGS, *PERSONAL_FIELDS, *PERSONAL_SECTIONS}
