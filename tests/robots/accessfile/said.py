"""Documents of access files as hypothesis draws them: everything that may be said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from robots.accessfile.documents import (
    AccessFile,
    DefaultPermissionDocument,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.lifecycle.organizations import TAG_EXPIRATIONS
from robots.roles import Role, State, TeamRole, Visibility

NAMES = st.sampled_from(
    ["ci", "on", "null", "true", "1234", "0x1f", "1e5", "12.5", "a-b", "2030-01-01"]
)
"""Names that YAML would take for something else are names all the same."""

PATHS = NAMES | st.sampled_from(["base/images", "1.5", "a_b/c", "y", "0o17"])
PEOPLE = st.sampled_from(["alice", "yes", "~", "1", ".", "a@b", "-x", "é", "'q", "@"])
NAMESPACES = st.sampled_from(["acme", "no", "99", "off-1"])

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(
    lambda text: "\0" not in text
) | st.sampled_from(["", "a: b", "# c", "a\nb\n", " a", "|", "null", "\u2028", "\t"])

MOMENTS = st.integers(0, 7998 * 365 * 86_400_000_000).map(
    lambda microseconds: _FIRST + timedelta(microseconds=microseconds)
)

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(-1e15, 1e15)  # PostgreSQL gives bigger whole ones back as integers.
    | TEXTS
)
JSON = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)

_TRUSTS: list[dict[str, Any]] = [
    {"issuer": "https://issuer.example.com", "subject": "build-7"},
    {"issuer": "https://issuer.example.com", "subject": "1234", "name": "on"},
    {
        "issuer": "https://other.example.com",
        "subject": "repo:acme/*",
        "subject_match": "glob",
        "audiences": ["https://quay.example.com", "null"],
        "conditions": [
            {
                "claim": "ref",
                "operator": "equals",
                "values": ["main"],
                "ignore_case": False,
            }
        ],
        "max_age": 600,
        "single_use": True,
        "expires_at": "2030-01-01T00:00:00+00:00",
    },
]
TRUSTS = st.lists(
    st.sampled_from(_TRUSTS), max_size=2, unique_by=lambda trust: str(trust["subject"])
).map(tuple)


def _some(**fields: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """Any of these, all of them, or none."""
    return st.fixed_dictionaries({}, optional=fields)


ORGANIZATION_FIELDS = _some(
    enabled=st.booleans(),
    email=st.sampled_from(["", "ops@example.com"]),
    invoice_email=st.booleans(),
    invoice_email_address=st.just("bills@example.com"),
    tag_expiration_s=st.sampled_from(TAG_EXPIRATIONS),
)
ROBOT_FIELDS = _some(
    description=TEXTS,
    enabled=st.booleans(),
    expires_at=MOMENTS,
    metadata=st.dictionaries(TEXTS, JSON, max_size=3),
)
REPOSITORY_FIELDS = _some(
    visibility=st.sampled_from(Visibility),
    state=st.sampled_from(State),
    mirror_robot=NAMES,
    description=TEXTS,
)
TEAM_FIELDS = _some(role=st.sampled_from(TeamRole), description=TEXTS)

GRANTS = st.builds(GrantDocument, st.sampled_from(Role), st.none() | MOMENTS) | st.just(
    GrantDocument(None)
)


def _accounts(namespace: str) -> SearchStrategy[str]:
    return PEOPLE | NAMES.map(lambda name: f"{namespace}+{name}")


def _grantees(namespace: str, personal: bool) -> SearchStrategy[str]:
    accounts = _accounts(namespace)
    return accounts if personal else accounts | NAMES.map(lambda name: f"team:{name}")


def _section(names: SearchStrategy[str], of: Any) -> SearchStrategy[Any]:
    return st.none() | st.dictionaries(names, of, max_size=3)


def repositories(grantees: SearchStrategy[str]) -> SearchStrategy[Any]:
    permissions = _section(grantees, GRANTS)
    return st.dictionaries(
        PATHS, st.builds(RepositoryDocument, REPOSITORY_FIELDS, permissions), max_size=3
    )


def _robots() -> SearchStrategy[Any]:
    return _section(NAMES, st.builds(RobotDocument, ROBOT_FIELDS, st.none() | TRUSTS))


def _organization(name: str) -> SearchStrategy[NamespaceDocument]:
    members = st.lists(_accounts(name), max_size=3)
    team = st.builds(
        TeamDocument,
        TEAM_FIELDS,
        st.none() | members.map(lambda names: dict.fromkeys(names, 0)),
    )
    default = st.builds(
        DefaultPermissionDocument,
        _grantees(name, personal=False),
        st.sampled_from(Role),
        st.none() | _accounts(name),
    )
    return st.builds(
        NamespaceDocument,
        partial=st.booleans(),
        fields=ORGANIZATION_FIELDS,
        teams=_section(NAMES, team),
        robots=_robots(),
        repositories=st.none() | repositories(_grantees(name, personal=False)),
        default_permissions=st.none()
        | st.lists(default, max_size=3, unique=True).map(tuple),
    )


def _personal(name: str) -> SearchStrategy[NamespaceDocument]:
    return st.builds(
        NamespaceDocument,
        personal=st.just(True),
        partial=st.booleans(),
        fields=_some(enabled=st.booleans()),
        robots=_robots(),
        repositories=st.none() | repositories(_grantees(name, personal=True)),
    )


def _namespaces(names: list[str]) -> SearchStrategy[AccessFile]:
    kinds = {name: _organization(name) | _personal(name) for name in names}
    return st.fixed_dictionaries(kinds).map(AccessFile)


FILES: SearchStrategy[AccessFile] = st.lists(
    NAMESPACES, max_size=2, unique=True
).flatmap(_namespaces)
"""Whole files."""


def _permissions_only(names: list[str]) -> SearchStrategy[AccessFile]:
    def table(name: str) -> SearchStrategy[NamespaceDocument]:
        grants = st.dictionaries(
            _grantees(name, personal=False), GRANTS, min_size=1, max_size=3
        )
        documents = st.builds(RepositoryDocument, permissions=grants)
        return st.builds(
            NamespaceDocument,
            partial=st.just(True),
            repositories=st.dictionaries(PATHS, documents, min_size=1, max_size=3),
        )

    return st.fixed_dictionaries({name: table(name) for name in names}).map(AccessFile)


TABLES: SearchStrategy[AccessFile] = st.lists(
    NAMESPACES, max_size=2, unique=True
).flatmap(_permissions_only)
"""What a CSV file can say."""


def without_lines(file: AccessFile) -> AccessFile:
    """The same file; the lines of members are the only ones that comparing sees."""
    namespaces = file.namespaces.items()
    return AccessFile(
        {
            name: replace(said, teams=_each_without_lines(said.teams))
            for name, said in namespaces
        }
    )


def _each_without_lines(
    teams: Mapping[str, TeamDocument] | None,
) -> dict[str, TeamDocument] | None:
    if teams is None:
        return None
    return {
        name: said
        if said.members is None
        else replace(said, members=dict.fromkeys(said.members, 0))
        for name, said in teams.items()
    }
