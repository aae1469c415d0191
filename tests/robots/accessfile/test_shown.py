"""A plan in words: short, honest about what it leaves out, harmless to a terminal."""

import pytest

from robots.accessfile.reconciling.differences import lasts_longer, shown
from robots.accessfile.reconciling.ledger import Ledger, PlannedChange
from robots.accessfile.shown import plan_facts, plan_lines
from robots.roles import Role, State
from tests.robots.worlds import NOW


def lines(*changes: PlannedChange, left: int = 0, most: int | None = None) -> list[str]:
    return list(plan_lines(changes, left, dry_run=True, most=most))


def permission(words: str, sign: str = "+") -> PlannedChange:
    return PlannedChange(sign, "permission", "acme/web bob", (words,), True)


def test_nothing_to_do() -> None:
    assert lines() == ["Nothing to do: all is as the file says."]
    assert lines(left=1) == [
        "1 more is only here; --prune removes it.",
        "Nothing to do: all is as the file says.",
    ]


def test_each_sign_has_its_form() -> None:
    ledger = Ledger()
    ledger.add("robot", "acme+ci")
    ledger.add("team", "acme/dev", "member")
    ledger.change("repository", "acme/web", ["visibility private -> public"])
    ledger.remove("permission", "acme/api bob", "read")
    assert lines(*ledger.changes, left=2) == [
        "  + robot acme+ci",
        "  + team acme/dev (member)",
        "  ~ repository acme/web: visibility private -> public",
        "  - permission acme/api bob (read)",
        "2 more are only here; --prune removes them.",
        "Plan: 2 to add, 1 to change, 1 to remove.",
    ]


@pytest.mark.parametrize(
    ("words", "gives"),
    [
        ("admin", True),
        ("read -> admin", True),
        ("admin until 2030-01-01T00:00:00+00:00", True),
        ("read -> admin until 2030-01-01T00:00:00+00:00", True),
        ("role creator -> admin", True),
        ("write", False),
        ("admin -> write", False),
        ("admin until 2030-01-01T00:00:00+00:00 -> read", False),
        ("visibility private -> public", False),
    ],
)
def test_what_gives_admin_is_counted(words: str, gives: bool) -> None:
    *_, told, _ = lines(permission(words), permission("read"))
    rest = "; 1 of them gives admin." if gives else "."
    assert told == f"2 changes marked ! let somebody do more{rest}"


def test_team_that_becomes_admin_is_counted() -> None:
    change = PlannedChange("~", "team", "acme/dev", ("role member -> admin",), True)
    *_, told, _ = lines(change, permission("admin"))
    assert told.endswith("; 2 of them give admin.")


def test_what_is_not_shown_is_counted_by_kind() -> None:
    robot = PlannedChange("+", "robot", "acme+ci", ())
    team = PlannedChange("~", "team", "acme/dev", ("role admin -> member",))
    changes = [robot] * 3 + [team] * 2
    told = lines(*changes, most=1)
    assert told[1] == "    and 4 more (2 + robot, 2 ~ team); --show-all shows them"
    assert told[2:] == ["Plan: 3 to add, 2 to change, 0 to remove."]
    assert len(lines(*changes, most=5)) == 5 + 1
    assert lines(robot, most=0)[0].startswith("    and 1 more")


def test_what_widens_or_removes_is_always_shown() -> None:
    ledger = Ledger()
    ledger.add("robot", "acme+ci")
    ledger.add("robot", "acme+cd")
    ledger.add("permission", "acme/web mallory", "admin", widens=True)
    ledger.remove("permission", "acme/web alice", "admin")
    ledger.change("trusts", "acme+ci", ["1 new, 1 removed"], removes=True)
    ledger.add("robot", "acme+x")
    assert lines(*ledger.changes, most=1) == [
        "  + robot acme+ci",
        "! + permission acme/web mallory (admin)",
        "  - permission acme/web alice (admin)",
        "  ~ trusts acme+ci: 1 new, 1 removed",
        "    and 2 more (2 + robot); --show-all shows them",
        "1 change marked ! lets somebody do more; 1 of them gives admin.",
        "Plan: 4 to add, 1 to change, 2 to remove.",
    ]


def test_warnings_come_after_the_changes() -> None:
    told = list(plan_lines([], 1, dry_run=True, warnings=["Mind\x1b the gap."]))
    assert told[:2] == [
        "Mind\\x1b the gap.",
        "1 more is only here; --prune removes it.",
    ]
    assert plan_facts([], 0, ["Mind"])["warnings"] == ["Mind"]


def test_what_moves_a_cursor_is_escaped() -> None:
    change = PlannedChange("+", "member", "acme/dev a\x1b[2J\u202eb\n", ("\x9b",))
    line, _ = lines(change)
    assert line == "  + member acme/dev a\\x1b[2J\\u202eb\\n (\\x9b)"
    assert lines(PlannedChange("+", "robot", "é", ()))[0] == "  + robot é"


def test_facts() -> None:
    facts = plan_facts([permission("read"), permission("read", "~")], 4)
    assert [facts[key] for key in ("add", "change", "remove")] == [1, 1, 0]
    assert (facts["left"], facts["widening"]) == (4, 2)
    assert facts["changes"][0] == {
        "sign": "+",
        "noun": "permission",
        "name": "acme/web bob",
        "details": ["read"],
        "widens": True,
        "removes": False,
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        ("it's", '"it\'s"'),
        ("a\n\x1b", "'a\\n\\x1b'"),
        ("x" * 61, f"'{'x' * 57}...'"),
        ("x" * 60, f"'{'x' * 60}'"),
        (Role.READ, "read"),
        (State.READ_ONLY, "READ_ONLY"),
        (NOW, "2026-06-01T12:00:00+00:00"),
        ({"b": 1, "a": "\x1b"}, '{"a": "\\u001b", "b": 1}'),
    ],
)
def test_values(value: object, text: str) -> None:
    assert shown(value) == text


def test_what_lasts_longer() -> None:
    later = NOW.replace(year=2027)
    assert lasts_longer(NOW, later)
    assert lasts_longer(NOW, None)
    assert not lasts_longer(NOW, NOW)
    assert not lasts_longer(later, NOW)
    assert not lasts_longer(None, None)
    assert not lasts_longer(None, NOW)
