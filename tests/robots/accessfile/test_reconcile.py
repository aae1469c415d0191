"""An access file is applied: what is stored, told and left alone."""

from datetime import UTC, datetime

import pytest

from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.models import (
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    Team,
    TeamMember,
)
from robots.roles import Role, State, TeamRole, Visibility
from tests.conftest import Cast
from tests.robots.accessfile.applying import HEAD, applied, apply
from tests.robots.accessfile.files import AFTER, BEFORE, PLAN
from tests.robots.ledger import unchanged

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("people")
def test_what_a_file_changes_is_told_line_by_line() -> None:
    apply(BEFORE)
    assert applied(AFTER, prune=True) == PLAN.splitlines()
    assert applied(AFTER, prune=True) == []
    assert apply(AFTER).left == 0


@pytest.mark.usefixtures("people")
def test_a_dry_run_tells_what_is_done_then_and_changes_nothing() -> None:
    apply(BEFORE)
    for prune in (False, True):
        with unchanged():
            planned = apply(AFTER, prune=prune, dry_run=True)
        assert planned.tokens == ()
        done = apply(AFTER, prune=prune)
        assert (planned.changes, planned.left) == (done.changes, done.left)


@pytest.mark.usefixtures("people")
def test_what_is_stored_is_what_the_file_says() -> None:
    apply(AFTER)
    acme = Namespace.objects.get(name="acme")
    assert (acme.enabled, acme.email) == (False, "team@example.com")
    assert (acme.invoice_email, acme.invoice_email_address) == (
        True,
        "bills@example.com",
    )
    assert acme.tag_expiration_s == 86_400
    assert set(Team.objects.values_list("name", "role", "description")) == {
        ("builders", TeamRole.CREATOR, "They build"),
        ("readers", TeamRole.MEMBER, ""),
    }
    assert set(
        TeamMember.objects.values_list("team__name", "robot__name", "user__username")
    ) == {
        ("builders", "deploy", None),
        ("builders", None, "alice"),
        ("readers", None, "bob"),
    }
    deploy = Robot.objects.get(name="deploy")
    assert deploy.expires_at == datetime(2031, 1, 1, tzinfo=UTC)
    assert (deploy.enabled, deploy.metadata) == (True, {"owner": "alice"})
    web = Repository.objects.get(name="web")
    assert (web.visibility, web.state) == (Visibility.PRIVATE, State.MIRROR)
    assert (web.mirror_robot, web.description) == (deploy, "The shop")
    assert set(
        RepositoryPermission.objects.values_list(
            "repository__name", "robot__name", "team__name", "role"
        )
    ) == {
        ("api", "fresh", None, Role.READ),
        ("new", "deploy", None, Role.ADMIN),
        ("new", None, "readers", Role.READ),
        ("web", "ci", None, Role.WRITE),
        ("web", None, "builders", Role.WRITE),
    }
    assert set(
        DefaultPermission.objects.values_list("robot__name", "team__name", "role")
    ) == {("ci", None, Role.READ), (None, "readers", Role.READ)}


def test_a_new_robot_may_have_ended_already(cast: Cast) -> None:
    text = f"{HEAD}  acme: {{robots: {{old: {{expires_at: 2020-01-01T00:00:00Z}}}}}}\n"
    added = "  + robot acme+old (expires_at 2020-01-01T00:00:00+00:00)"
    ((name, secret),) = apply(text).tokens
    assert Robot.objects.get(name="old").expires_at == datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(Unauthorized):
        authenticate_robot(name, secret, datetime.now(UTC))
    Robot.objects.filter(name="old").delete()
    assert applied(text) == [added]
    assert applied(text) == []


@pytest.mark.parametrize(
    ("teams", "prune", "warns"),
    [
        ("{}", True, True),
        ("{}", False, False),
        ("{owners: {}}", True, False),
        ("{owners: {role: member}}", False, True),
        ("{owners: {role: member}, rulers: {role: admin}}", False, False),
    ],
)
def test_an_organization_that_nobody_administers_is_told(
    cast: Cast, teams: str, prune: bool, warns: bool
) -> None:
    warning = (
        "This leaves acme without administrators: no team of it has the role admin."
    )
    text = f"{HEAD}  acme: {{teams: {teams}}}\n"
    done = apply(text, prune=prune)
    assert list(done.warnings) == [warning] * warns


def test_a_new_organization_has_the_teams_that_are_listed(people: None) -> None:
    apply(f"{HEAD}  bare: {{teams: {{}}}}\n  usual: {{}}\n")
    assert not Team.objects.filter(namespace__name="bare").exists()
    assert Team.objects.get(namespace__name="usual").name == "owners"


def test_a_repository_of_a_file_gets_no_default_permissions(cast: Cast) -> None:
    DefaultPermission.objects.create(
        namespace=cast.acme, robot=cast.reader, role=Role.ADMIN
    )
    text = f"{HEAD}  acme: {{repositories: {{new: {{visibility: private}}}}}}\n"
    assert applied(text) == ["  + repository acme/new (private)"]
    assert not RepositoryPermission.objects.filter(repository__name="new").exists()


def test_one_is_not_true_in_metadata(cast: Cast) -> None:
    Robot.objects.filter(pk=cast.ci.pk).update(metadata={"b": 1, "a": [1, 2]})
    same = f"{HEAD}  acme: {{robots: {{ci: {{metadata: {{a: [1, 2], b: 1}}}}}}}}\n"
    assert applied(same) == []
    assert len(applied(same.replace("b: 1", "b: true"))) == 1
    assert Robot.objects.get(pk=cast.ci.pk).metadata == {"a": [1, 2], "b": True}


def test_the_same_time_in_another_zone_is_no_change(cast: Cast) -> None:
    text = "{acme: {robots: {ci: {expires_at: 2030-01-01T02:00:00+02:00}}}}"
    assert len(applied(f"version: 1\nnamespaces: {text}\n")) == 1
    same = text.replace("2030-01-01T02:00:00+02:00", "2030-01-01T00:00:00+00:00")
    assert applied(f"version: 1\nnamespaces: {same}\n") == []


ENDED = """\
version: 1
namespaces:
  acme:
    repositories:
      web:
        permissions:
          acme+ci: {role: admin, until: 2020-01-01T00:00:00+00:00}
          acme+reader: {role: read, until: 2020-01-01T00:00:00+00:00}
          bob: {role: read, until: 2020-01-01T00:00:00+00:00}
"""


def test_a_permission_that_has_ended_is_kept_and_widens_nothing(cast: Cast) -> None:
    end = "until 2020-01-01T00:00:00+00:00"
    assert applied(ENDED) == [
        f"  ~ permission acme/web acme+ci: write -> admin {end}",
        f"  ~ permission acme/web acme+reader: read -> read {end}",
        f"  + permission acme/web bob (read {end})",
    ]
    assert applied(ENDED, prune=True)[:1] == ["  - repository acme/api"]
    again = ENDED.replace("{role: read, until: 2020-01-01T00:00:00+00:00}", "read")
    assert applied(again) == [
        f"! ~ permission acme/web acme+reader: read {end} -> read",
        f"! ~ permission acme/web bob: read {end} -> read",
    ]


def test_default_permissions_of_one_pair_are_changed_before_one_is_added(
    cast: Cast,
) -> None:
    def said(*roles: str) -> str:
        items = ", ".join(f"{{to: bob, role: {role}}}" for role in roles)
        return f"{HEAD}  acme: {{default_permissions: [{items}]}}\n"

    assert applied(said("read", "write")) == [
        "! + default permission acme bob (read)",
        "! + default permission acme bob (write)",
    ]
    assert applied(said("read", "admin")) == [
        "! ~ default permission acme bob: write -> admin"
    ]
    assert applied(said("read")) == []
    assert apply(said("read")).left == 1
    assert applied(said("read"), prune=True) == [
        "  - default permission acme bob (admin)"
    ]


@pytest.mark.parametrize(
    ("before", "after", "widens"),
    [
        (State.NORMAL, State.MIRROR, False),
        (State.NORMAL, State.READ_ONLY, False),
        (State.MIRROR, State.READ_ONLY, False),
        (State.MIRROR, State.NORMAL, True),
        (State.READ_ONLY, State.NORMAL, True),
        (State.READ_ONLY, State.MIRROR, True),
    ],
)
def test_a_state_widens_where_more_may_push(
    cast: Cast, before: State, after: State, widens: bool
) -> None:
    Repository.objects.filter(pk=cast.web.pk).update(state=before)
    text = f"{HEAD}  acme: {{repositories: {{web: {{state: {after.label}}}}}}}\n"
    mark = "!" if widens else " "
    told = f"{mark} ~ repository acme/web: state {before.label} -> {after.label}"
    assert applied(text) == [told]
