"""Sentences of the audit log: every kind has one, and nothing breaks one."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.audit_kinds import KINDS
from robots.audit_sentences import NOBODY, Told, sentence
from tests.test_architecture import LAYERS, python_files

_RECORDERS = {"record", "record_bounded", "_record"}
_KIND = re.compile(r"[a-z]+(_[a-z]+)+")
_TABLES = {"_EVENTS", "_KINDS", "KIND", "kind"}
"""Names to which modules assign kinds."""


def told(kind: str, facts: dict[str, Any] | None = None, **columns: str) -> Told:
    by = {"performer_kind": "user", "performer": "alice", **columns}
    place = {"namespace": "acme", "repository": "", **by}
    return Told(kind=kind, facts=facts or {}, **place)


def constants_of(tree: ast.AST) -> dict[str, str]:
    """The texts that a module gives names to."""
    return {
        ast.unparse(target): node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(node.value.value, str)
    }


def texts(node: ast.AST, constants: dict[str, str]) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value
        elif isinstance(inner, ast.Name) and inner.id in constants:
            yield constants[inner.id]


def kinds_in(tree: ast.AST) -> Iterator[str]:
    """First arguments of calls that record, and what tables and variables hold."""
    constants = constants_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in _RECORDERS:
                yield from texts(node.args[0], constants)
        elif isinstance(node, ast.Assign):
            names = {ast.unparse(target) for target in node.targets}
            if names & _TABLES:
                held = node.value
                values = held.values if isinstance(held, ast.Dict) else [held]
                for value in values:
                    yield from texts(value, constants)


def recorded_kinds() -> set[str]:
    found = {
        kind
        for path in python_files(*LAYERS)
        for kind in kinds_in(ast.parse(path.read_text()))
        if _KIND.fullmatch(kind)
    }
    # One module makes its kinds of a noun and a verb.
    verbs = ("create", "change", "delete")
    found |= {f"{noun}_{verb}" for noun in ("user", "group") for verb in verbs}
    return found - {"app_specific_token"}


def test_every_kind_that_is_recorded_has_a_sentence() -> None:
    kinds = recorded_kinds()
    assert len(kinds) > 50
    assert kinds - {kind for group in KINDS.values() for kind in group} == set()


def test_every_kind_is_in_one_group() -> None:
    grouped = [kind for kinds in KINDS.values() for kind in kinds]
    assert len(grouped) == len(set(grouped))


SENTENCES: dict[str, tuple[Told, str]] = {
    "a permission that ends": (
        told(
            "change_repo_permission",
            {
                "username": "acme+ci",
                "role": "write",
                "until": "2026-12-01T10:00:00+00:00",
            },
            repository="web",
        ),
        "alice gave acme+ci write on acme/web until 2026-12-01 10:00 UTC",
    ),
    "a permission of a team": (
        told("delete_repo_permission", {"team": "developers", "repo": "web"}),
        "alice took the permission of team developers on acme/web",
    ),
    "a login": (
        told(
            "login_success", {"kind": "robot", "robot": "acme+ci"}, performer="acme+ci"
        ),
        "acme+ci logged in",
    ),
    "a refused login of a robot": (
        told(
            "login_failure",
            {"kind": "robot", "robot": "acme+ci", "message": "wrong token"},
            performer_kind="anonymous",
            performer="(anonymous)",
        ),
        "A login as acme+ci was refused: wrong token",
    ),
    "a refused login of a person": (
        told(
            "login_failure",
            {"kind": "user", "username": "bob", "message": "wrong password"},
            performer_kind="anonymous",
            performer="(anonymous)",
        ),
        "A login as bob was refused: wrong password",
    ),
    "logins that wait": (
        told(
            "login_blocked",
            {
                "kind": "robot",
                "robot": "acme+ci",
                "username": "acme",
                "until": "2026-12-01T10:05:00+00:00",
            },
            performer_kind="anonymous",
            performer="(anonymous)",
        ),
        "Logins as acme+ci failed too often, and wait until 2026-12-01 10:05 UTC",
    ),
    "a person's logins that wait": (
        told(
            "login_blocked",
            {"kind": "user", "username": "bob"},
            performer_kind="anonymous",
            performer="(anonymous)",
        ),
        "Logins as bob failed too often, and wait",
    ),
    "a robot by its short name": (
        told("delete_robot", {"robot": "ci"}),
        "alice deleted the robot account acme+ci",
    ),
    "robots that were read together": (
        told("read_robot_token", {"robots": ["a", "b", "c", "d", "e"], "count": 5}),
        "alice was shown the token of acme+a, acme+b, acme+c and 2 more",
    ),
    "applications whose secrets were read together": (
        told("read_application_client_secret", {"applications": ["a", "b"]}),
        "alice was shown the client secret of a, b",
    ),
    "nobody": (
        told("create_repo", {"repo": "web"}, performer_kind="anonymous"),
        f"{NOBODY} created the new repository acme/web",
    ),
    "a kind that nobody knows": (
        told("moved_the_moon", {"robot": "ci"}),
        "alice: moved the moon: acme+ci",
    ),
    "a fact that is missing": (
        told("org_add_team_member", {"member": "bob"}),
        "alice added bob to the team (unknown)",
    ),
    "braces in a name are text": (
        told("org_create_team", {"team": "{who}{0.__class__}"}),
        "alice created the team {who}{0.__class__} in acme",
    ),
}


@pytest.mark.parametrize("event, expected", SENTENCES.values(), ids=SENTENCES)
def test_an_event_reads(event: Told, expected: str) -> None:
    assert sentence(event) == expected


_TEXT = st.text(max_size=20)
_LEAF = st.none() | st.booleans() | st.integers() | _TEXT
_JSON = _LEAF | st.lists(_LEAF, max_size=4) | st.dictionaries(_TEXT, _LEAF, max_size=2)
_FACTS = ["robot", "robots", "team", "username", "until", "changed", "message", "role"]


@given(
    kind=st.sampled_from([k for kinds in KINDS.values() for k in kinds] + ["x_y", ""]),
    facts=st.dictionaries(st.sampled_from(_FACTS), _JSON, max_size=4),
)
def test_no_fact_breaks_a_sentence(kind: str, facts: dict[str, Any]) -> None:
    text = sentence(told(kind, facts))
    text.encode()
    assert "\n" not in text


def test_a_long_or_unsendable_name_is_cut_and_escaped() -> None:
    text = sentence(told("org_create_team", {"team": "t" * 9000}))
    assert len(text) < 300
    assert "\\ud800" in sentence(told("org_create_team", {"team": "\ud800"}))
