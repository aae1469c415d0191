"""The provider's groups: teams and powers that are given, and taken away again."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from quaysite.lifecycle.oidc_accounts import link_account
from quaysite.models import User
from quaysite.oidc import memberships
from robots.errors import NotFound
from robots.lifecycle.administrators import lock_organization
from robots.lifecycle.teams import add_member
from robots.models import AuditEvent, Namespace, Team, TeamMember
from tests import factories
from tests.conftest import Cast
from tests.quaysite.oidc import NAME, SUBJECT, Flow, failures


@pytest.fixture
def charlie(cast: Cast, flow: Flow, settings: Settings) -> User:
    """Signs in with the provider; two groups are worth something."""
    link_account(cast.charlie, flow.issuer.url, SUBJECT, factories.BY)
    factories.team(cast.acme, "testers")
    settings.OIDC_TEAM_GROUPS = [
        "/devs=acme/developers",
        "cn=qa=acme/testers",
        "qa=nowhere/team",
        "qa=acme/nothing",
    ]
    return cast.charlie


def sign_in(flow: Flow, groups: Any = None, **said: Any) -> None:
    flow.browser = Client()
    told = {} if groups is None else {"groups": groups}
    flow.sign_in({"sub": SUBJECT, **told, **said})
    assert flow.signed_in() == "charlie"


def teams_of(user: User) -> set[str]:
    rows = TeamMember.objects.filter(user=user).select_related("team__namespace")
    return {f"{row.team.namespace}/{row.team.name}" for row in rows}


def events(kind: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    found = AuditEvent.objects.filter(kind=kind).order_by("id")
    return [
        (e.namespace_name, e.performer_kind, e.performer_name, e.facts) for e in found
    ]


def test_groups_put_people_in_teams_and_take_them_out(
    flow: Flow, charlie: User
) -> None:
    sign_in(flow, ["/devs", "cn=qa", "unknown", "qa"])
    assert teams_of(charlie) == {"acme/developers", "acme/testers"}
    added = {"member": "charlie", "team": "developers"}
    assert ("acme", "system", NAME, added) in events("org_add_team_member")

    sign_in(flow, ["cn=qa"])
    assert teams_of(charlie) == {"acme/testers"}
    assert events("org_remove_team_member") == [("acme", "system", NAME, added)]

    sign_in(flow, [])
    assert teams_of(charlie) == set()


def test_two_groups_may_lead_into_one_team(
    flow: Flow, charlie: User, settings: Settings
) -> None:
    settings.OIDC_TEAM_GROUPS = ["a=acme/developers", "b=acme/developers"]
    sign_in(flow, ["b"])
    assert teams_of(charlie) == {"acme/developers"}
    sign_in(flow, "a")
    assert teams_of(charlie) == {"acme/developers"}


def test_the_mapping_manages_the_teams_it_names_and_no_others(
    cast: Cast, flow: Flow, charlie: User
) -> None:
    by_hand = factories.team(cast.acme, "by-hand", members=(charlie,))
    add_member(cast.team, charlie, factories.BY)
    sign_in(flow, [])
    assert teams_of(charlie) == {f"acme/{by_hand.name}"}
    assert TeamMember.objects.filter(team=cast.team, user=cast.bob).exists()


@pytest.mark.parametrize("groups", [None, 5, {"devs": 1}, [["/devs"]], ["/devs", 1]])
@pytest.mark.parametrize("is_named", [False, True], ids=["default", "named"])
def test_no_readable_groups_are_none_only_where_the_claim_was_named(
    cast: Cast,
    flow: Flow,
    charlie: User,
    settings: Settings,
    groups: Any,
    is_named: bool,
) -> None:
    settings.OIDC_GROUPS_CLAIM = "groups" if is_named else ""
    add_member(cast.team, charlie, factories.BY)
    sign_in(flow, groups)
    assert teams_of(charlie) == (set() if is_named else {"acme/developers"})


def test_groups_may_be_deep_in_the_claims(
    flow: Flow, charlie: User, settings: Settings
) -> None:
    settings.OIDC_GROUPS_CLAIM = "realm_access.roles"
    sign_in(flow, realm_access={"roles": ["/devs"]})
    assert teams_of(charlie) == {"acme/developers"}
    sign_in(flow)
    assert teams_of(charlie) == set()


def test_the_last_administrator_stays(
    cast: Cast, flow: Flow, charlie: User, settings: Settings
) -> None:
    owners = Team.objects.get(namespace=cast.acme, name="owners")
    settings.OIDC_TEAM_GROUPS = ["bosses=acme/owners"]
    sign_in(flow, ["bosses"])
    TeamMember.objects.filter(team=owners, user=cast.alice).delete()

    sign_in(flow, [])
    assert teams_of(charlie) == {"acme/owners"}

    add_member(owners, cast.alice, factories.BY)
    sign_in(flow, [])
    assert teams_of(charlie) == set()


def powers(user: User) -> tuple[bool, bool]:
    user.refresh_from_db()
    return user.is_staff, user.is_superuser


def test_groups_make_staff_and_superusers_and_unmake_them(
    flow: Flow, charlie: User, settings: Settings
) -> None:
    settings.OIDC_STAFF_GROUPS = ["support"]
    settings.OIDC_SUPERUSER_GROUPS = ["operators"]
    sign_in(flow, ["support"])
    assert powers(charlie) == (True, False)
    sign_in(flow, ["operators"])
    assert powers(charlie) == (True, True)
    sign_in(flow, ["support"])
    assert powers(charlie) == (True, False)
    sign_in(flow, [])
    assert powers(charlie) == (False, False)
    facts = [facts["superuser"] for *_, facts in events("user_change_superuser")]
    assert facts == [True, False]
    facts = [facts["staff"] for *_, facts in events("user_change_staff")]
    assert facts == [True, False]


def test_who_ceases_to_be_superuser_ceases_to_be_staff(
    flow: Flow, charlie: User, settings: Settings
) -> None:
    settings.OIDC_SUPERUSER_GROUPS = ["operators"]
    sign_in(flow, ["operators"])
    sign_in(flow, ["other"])
    assert powers(charlie) == (False, False)


def test_powers_given_by_people_stay_where_no_group_is_named(
    flow: Flow, charlie: User
) -> None:
    User.objects.filter(pk=charlie.pk).update(is_staff=True, is_superuser=True)
    sign_in(flow, [])
    assert powers(charlie) == (True, True)
    charlie.is_superuser = False
    charlie.save()


def test_a_membership_that_has_gone_meanwhile_is_left(
    cast: Cast, flow: Flow, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_member(cast.team, charlie, factories.BY)

    def faster(namespace: Namespace) -> None:
        TeamMember.objects.filter(user=charlie).delete()
        lock_organization(namespace)

    monkeypatch.setattr(memberships, "lock_organization", faster)
    sign_in(flow, [])
    assert teams_of(charlie) == set()


@pytest.mark.parametrize("deed", ["add_member", "change_person"])
def test_what_has_gone_meanwhile_is_a_refusal_and_changes_nothing(
    flow: Flow,
    charlie: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    deed: str,
) -> None:
    def gone(*_: Any) -> None:
        raise NotFound("It is gone")

    settings.OIDC_STAFF_GROUPS = ["cn=qa"]
    monkeypatch.setattr(memberships, deed, gone)
    back = flow.sign_in({"sub": SUBJECT, "groups": ["cn=qa"]})
    assert "Something changed here" in flow.told(back)
    assert flow.signed_in() == ""
    assert failures() == [("", "groups")]
    assert teams_of(charlie) == set()
