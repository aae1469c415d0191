"""Names: which are good, how they are split, and what is said of bad ones."""

from collections.abc import Callable

import pytest

from robots.errors import NameInvalid
from robots.names import (
    MAX_LENGTH,
    RepositoryName,
    RobotName,
    check_namespace_name,
    check_repository_name,
    check_robot_name,
    check_team_name,
    is_repository_name,
    means_robot,
    parse_repository_name,
    parse_robot_name,
    simple_name_issue,
)

EXPRESSION = "Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$"
LENGTH = "must be between 2 and 255 characters in length"


@pytest.mark.parametrize(
    "name", ["ab", "a.b", "a-b", "a_b", "0a", "a.b_c-d9", "a" * 255, "scanner-x"]
)
def test_a_good_simple_name_has_no_issue(name: str) -> None:
    assert simple_name_issue(name, "Namespace") is None


@pytest.mark.parametrize(
    "name",
    [
        "Ab", "a--b", "a__b", "a.-b", "-ab", "ab-", ".ab", "ab.", "a b", "ab\n", "\nab",
        "a+b", "a/b", "a:b", "a@b", "äb", "аb", "a\x00b", "\ud800b", "２３", "$app",
        "..",
    ],
    ids=ascii,
)  # fmt: skip
def test_a_bad_simple_name_breaks_the_expression(name: str) -> None:
    assert simple_name_issue(name, "Namespace") == EXPRESSION


@pytest.mark.parametrize("name", ["", "a", "a" * 256], ids=len)
def test_a_simple_name_has_2_to_255_characters(name: str) -> None:
    assert simple_name_issue(name, "Team") == f"Team {LENGTH}"


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (check_namespace_name, f"Invalid namespace Bad: {EXPRESSION}"),
        (check_team_name, f"Invalid team name Bad: {EXPRESSION}"),
        (
            lambda name: check_robot_name("acme", name),
            f"The name for the robot 'Bad' is invalid: {EXPRESSION}",
        ),
    ],
    ids=["namespace", "team", "robot"],
)
def test_bad_names_are_refused_in_the_words_clients_know(
    check: Callable[[str], None], message: str
) -> None:
    check("good")
    with pytest.raises(NameInvalid) as refusal:
        check("Bad")
    assert refusal.value.message == message


def test_a_too_short_team_name_is_told_so() -> None:
    with pytest.raises(NameInvalid, match=f"^Invalid team name a: Team {LENGTH}$"):
        check_team_name("a")


def test_a_full_robot_name_has_at_most_255_characters() -> None:
    check_robot_name("a" * 127, "b" * 127)
    with pytest.raises(NameInvalid, match="Full name must be at most 255 characters"):
        check_robot_name("a" * 127, "b" * 128)


@pytest.mark.parametrize(
    "name",
    ["a", "web", "a/b", "a/b/c", "0", "a..b", "a--b", "a-", "a.", "a/b-/c_", "a" * 255],
)
def test_a_good_repository_name_is_one(name: str) -> None:
    assert is_repository_name(name)
    check_repository_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "Web", "/a", "a/", "a//b", ".a", "-a", "_a", "a/.b", "a/-b", "a/..", "../a",
        "a b", "a\n", "a:b", "a@b", "a+b", "ä", "a\x00", "\ud800", "a" * 256,
        "a/" + "b" * 254,
    ],
    ids=ascii,
)  # fmt: skip
def test_a_bad_repository_name_is_none(name: str) -> None:
    assert not is_repository_name(name)
    with pytest.raises(NameInvalid, match="at most 255 characters"):
        check_repository_name(name)


def test_a_robot_name_is_split_at_its_plus() -> None:
    name = parse_robot_name("my-org+ci.bot")
    assert name == RobotName("my-org", "ci.bot")
    assert str(name) == "my-org+ci.bot"


def test_the_longest_robot_name_is_one() -> None:
    longest = "my-org+" + "a" * 248
    assert len(longest) == MAX_LENGTH
    assert parse_robot_name(longest) == RobotName("my-org", "a" * 248)
    assert parse_robot_name(longest + "a") is None


@pytest.mark.parametrize(
    "full_name",
    [
        "", "+", "acme", "acme+", "+ci", "acme+ci+x", "acme++ci", "Acme+ci", "acme+Ci",
        "acme+ci\n", "a+ci", "acme+c", "acme ci", "$app", "$oauthtoken",
        "me+tag@example.org", "a" * 128 + "+" + "b" * 127,
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_robot_name_is_not_split(full_name: str) -> None:
    assert parse_robot_name(full_name) is None


@pytest.mark.parametrize(
    ("name", "robot"),
    [
        ("acme+ci", True), ("+ci", True), ("acme+", True), ("+", True), ("a+b+c", True),
        ("acme", False), ("", False), ("a@example.com", False),
        ("a+b@example.com", False), ("a@b+c", False), ("team:x", False),
    ],
)  # fmt: skip
def test_an_account_is_a_robot_by_its_plus_unless_it_is_an_address(
    name: str, robot: bool
) -> None:
    assert means_robot(name) is robot


def test_no_user_name_is_a_robot_name() -> None:
    """S-04: people and robots are told apart by syntax; nobody looks like both."""
    for name in ("acme", "a-b", "a.b_c"):
        assert simple_name_issue(name, "Namespace") is None
        assert parse_robot_name(name) is None
    for name in ("acme+ci", "a-b+c.d"):
        assert simple_name_issue(name, "Namespace") == EXPRESSION
        assert parse_robot_name(name) is not None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("acme/web", RepositoryName("acme", "web")),
        ("acme/web/deep/er", RepositoryName("acme", "web/deep/er")),
        ("web", RepositoryName("library", "web")),
    ],
)
def test_a_path_is_split_at_its_first_slash(
    path: str, expected: RepositoryName
) -> None:
    assert parse_repository_name(path, "library") == expected
    assert str(expected) in {path, f"library/{path}"}


@pytest.mark.parametrize(
    "path", ["", "/", "/web", "acme/", "acme//web", "Acme/web", "acme/Web", "a/web"]
)
def test_what_is_no_path_is_not_split(path: str) -> None:
    assert parse_repository_name(path, "library") is None


def test_a_bad_library_namespace_takes_no_repositories() -> None:
    assert parse_repository_name("web", "") is None
