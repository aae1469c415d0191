"""OAuth scopes: read from text, and turned into ceilings (contract section 0.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.identity import Ceiling
from robots.oauth_scopes import DESCRIPTIONS, OAuthScope, ceiling, parse
from robots.roles import Role, TeamRole, UserRole


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("repo:read", {"repo:read"}),
        ("repo:read user:admin", {"repo:read", "user:admin"}),
        ("repo:read,user:admin, org:admin", {"repo:read", "user:admin", "org:admin"}),
        ("repo:read repo:read", {"repo:read"}),
        ("", set()),
        (" , ", set()),
        ("repo:read repo:delete", set()),
        ("REPO:READ", set()),
        ("repo:read\tuser:read", set()),
        ("repo:read\n", set()),
    ],
)
def test_a_text_means_these_scopes(text: str, scopes: set[str]) -> None:
    assert parse(text) == scopes


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("repo:read", Ceiling(repository=Role.READ)),
        ("repo:write", Ceiling(repository=Role.WRITE)),
        ("repo:admin", Ceiling(repository=Role.ADMIN)),
        ("repo:create", Ceiling(namespace=TeamRole.CREATOR)),
        ("org:admin", Ceiling(namespace=TeamRole.ADMIN)),
        ("user:read", Ceiling(user=UserRole.READ)),
        ("user:admin", Ceiling(user=UserRole.ADMIN)),
        ("super:user", Ceiling(site=True)),
    ],
)
def test_each_scope_alone_lifts_one_ceiling(scope: str, expected: Ceiling) -> None:
    assert ceiling([OAuthScope(scope)]) == expected


def test_no_scope_is_no_right_and_all_of_them_are_every_right() -> None:
    assert ceiling([]) == Ceiling(None, None, None, False)
    assert ceiling(OAuthScope) == Ceiling(
        Role.ADMIN, TeamRole.ADMIN, UserRole.ADMIN, True
    )
    assert DESCRIPTIONS.keys() == set(OAuthScope)


@given(st.sets(st.sampled_from(OAuthScope)), st.sets(st.sampled_from(OAuthScope)))
def test_more_scopes_never_allow_less(
    some: set[OAuthScope], others: set[OAuthScope]
) -> None:
    lower, higher = ceiling(some), ceiling(some | others)
    for name in ("repository", "namespace", "user", "site"):
        assert (getattr(lower, name) or 0) <= (getattr(higher, name) or 0)
