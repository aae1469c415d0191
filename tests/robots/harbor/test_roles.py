"""What a robot of Harbor may be here: its name and its role, or why it is none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.errors import DomainError
from robots.harbor.names import name_here
from robots.harbor.records import Access, moment
from robots.harbor.roles import role_of, unlike_ours
from robots.names import RobotName
from robots.roles import Role


def may(*actions: str, resource: str = "repository") -> list[Access]:
    return [Access("acme", resource, action, "allow") for action in actions]


@pytest.mark.parametrize(
    ("accesses", "role"),
    [
        ([], None),
        (may("pull"), Role.READ),
        (may("push"), Role.WRITE),
        (may("push", "pull"), Role.WRITE),
        (may("pull", "delete"), Role.ADMIN),
        (may("*"), Role.ADMIN),
        (may("pull", resource="*"), Role.READ),
        (may("list", "read", "update"), None),
        (may("pull", "push", "delete", resource="artifact"), None),
        (may("delete", resource="tag") + may("pull"), Role.READ),
        (may("scanner-pull"), None),
        (may("PULL"), None),
        ([Access("acme", "repository", "pull", "")], Role.READ),
    ],
)
def test_the_role_is_the_highest_that_an_action_asks_for(
    accesses: list[Access], role: Role | None
) -> None:
    assert role_of("acme", accesses, Role.ADMIN) == role


@given(
    st.lists(st.sampled_from(["pull", "push", "delete", "*", "list"])),
    st.sampled_from(Role),
)
def test_no_role_is_more_than_the_most(actions: list[str], most: Role) -> None:
    role = role_of("acme", may(*actions), most)
    free = role_of("acme", may(*actions), Role.ADMIN)
    assert role == (None if free is None else min(free, most))


@pytest.mark.parametrize("place", ["lab", "*", "/", "/project/7", "", "ACME"])
@pytest.mark.parametrize("resource", ["repository", "artifact"])
def test_whoever_acts_elsewhere_too_has_no_role_at_all(
    place: str, resource: str
) -> None:
    accesses = [*may("pull"), Access(place, resource, "pull", "allow")]
    with pytest.raises(DomainError):
        role_of("acme", accesses, Role.ADMIN)


@pytest.mark.parametrize("effect", ["deny", "Allow", "x"])
def test_a_rule_that_denies_leaves_no_role(effect: str) -> None:
    with pytest.raises(DomainError):
        role_of(
            "acme",
            [*may("pull"), Access("acme", "artifact", "read", effect)],
            Role.ADMIN,
        )


def test_what_has_no_role_is_named() -> None:
    accesses = [*may("pull", "list"), *may("delete", resource="artifact")]
    assert unlike_ours(accesses) == ["repository:list", "artifact:delete"]


@pytest.mark.parametrize("name", ["acme+ci", "robot$acme+ci", "robot$ci", "ci"])
def test_a_name_with_and_without_prefix_and_project(name: str) -> None:
    assert name_here(name, "acme", "robot$") == RobotName("acme", "ci")


def test_another_prefix_and_none() -> None:
    assert name_here("svc@acme+ci", "acme", "svc@") == RobotName("acme", "ci")
    assert name_here("acme+ci", "acme", "") == RobotName("acme", "ci")


@pytest.mark.parametrize(
    "name",
    ["", "robot$", "acme+", "acme+c", "acme+CI", "acme+ci+x", "acme+ci\n", "lab+ci",
     "robot$robot$acme+ci", "+ci", f"acme+{'c' * 255}", "acme+c\0i", "acme+ci "],
)  # fmt: skip
def test_a_name_that_no_robot_can_have(name: str) -> None:
    with pytest.raises(DomainError):
        name_here(name, "acme", "robot$")


@pytest.mark.parametrize("project", ["", "(4)", "old#4", "A", "a", "acme/web"])
def test_a_project_that_no_organization_can_be(project: str) -> None:
    with pytest.raises(DomainError) as caught:
        name_here(f"{project}+ci", project, "robot$")
    assert "project" in caught.value.message


def test_ends() -> None:
    assert moment(-1) is None
    assert moment(0) == datetime(1970, 1, 1, tzinfo=UTC)
    for beyond in (10**18, -(10**18)):
        with pytest.raises(ValueError):
            moment(beyond)
