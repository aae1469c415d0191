"""Roles, and the names that people and files have for them."""

import pytest

from robots.roles import Role, TeamRole


@pytest.mark.parametrize("role", Role)
def test_a_role_is_found_by_its_name(role: Role) -> None:
    assert Role.from_name(role.label) is role


@pytest.mark.parametrize("role", TeamRole)
def test_a_teams_role_is_found_by_its_name(role: TeamRole) -> None:
    assert TeamRole.from_name(role.label) is role


def test_roles_are_ordered_by_what_they_allow() -> None:
    assert Role.READ < Role.WRITE < Role.ADMIN
    assert TeamRole.MEMBER < TeamRole.CREATOR < TeamRole.ADMIN


@pytest.mark.parametrize("name", ["owner", "Read", "", "1", "member"])
def test_no_other_name_is_a_roles(name: str) -> None:
    with pytest.raises(ValueError, match="not in list"):
        Role.from_name(name)


@pytest.mark.parametrize("name", ["owner", "Member", "", "1", "read"])
def test_no_other_name_is_a_teams_roles(name: str) -> None:
    with pytest.raises(ValueError, match="not in list"):
        TeamRole.from_name(name)
