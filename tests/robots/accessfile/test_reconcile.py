"""Making a file true: each noun, each way, and nothing that the file does not say."""

from datetime import UTC, datetime

import pytest

from federation.models import Trust
from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import new_robots, reconcile
from robots.credentials import Secret
from robots.lifecycle.permissions import grant
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    Team,
    TeamMember,
)
from robots.roles import Role, State, TeamRole, Visibility
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.accessfile.applying import SOURCE, applied, apply, lines
from tests.robots.accessfile.files import AFTER, BEFORE, PLAN
from tests.robots.ledger import snapshot, unchanged

pytestmark = pytest.mark.django_db

HEAD = "version: 1\nnamespaces:\n"


@pytest.fixture
def people() -> None:
    factories.user("alice")
    factories.user("bob")


def removals(plan: list[str]) -> list[str]:
    return [line for line in plan if line.startswith("  - ")]


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
def test_without_pruning_what_is_removed_then_is_left_and_counted() -> None:
    apply(BEFORE)
    done = apply(AFTER, dry_run=True)
    # A trust is gone within the change of its robot's trusts.
    trusts = 1
    gone = removals(PLAN.splitlines())
    assert done.left == len(gone) + trusts
    assert not removals(lines(done))
    assert applied(AFTER) == [
        line.replace("1 new, 1 removed", "1 new, 0 removed")
        for line in PLAN.splitlines()
        if line not in gone
    ]
    assert applied(AFTER) == []
    assert apply(AFTER).left == len(gone) + trusts


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


@pytest.mark.usefixtures("people")
def test_new_robots_get_tokens_that_log_in() -> None:
    handed: list[tuple[str, Secret]] = []
    done = apply(BEFORE, deliver=handed.extend)
    assert handed == list(done.tokens)
    assert [name for name, _ in handed] == ["acme+deploy", "acme+idle", "alice+mine"]
    for name, secret in handed:
        if name != "acme+deploy":  # which is disabled
            authenticate_robot(name, secret, datetime.now(UTC))
    assert not any(
        secret.reveal() in str(facts)
        for facts in AuditEvent.objects.values_list("facts", flat=True)
        for _, secret in handed
    )
    assert apply(BEFORE, deliver=handed.extend).tokens == ()
    assert len(handed) == 3


@pytest.mark.usefixtures("people")
def test_a_new_robot_with_trusts_gets_no_token() -> None:
    apply(BEFORE)
    robots = Robot.objects.filter(tokens__isnull=True)
    assert [robot.full_name for robot in robots] == ["acme+ci"]
    assert Trust.objects.get().robot.full_name == "acme+ci"


def test_a_robot_that_is_given_trusts_keeps_its_tokens(cast: Cast) -> None:
    trust = "{issuer: 'https://a.example.com', subject: me}"
    applied(f"{HEAD}  acme: {{robots: {{ci: {{trusts: [{trust}]}}}}}}\n")
    authenticate_robot("acme+ci", cast.ci_secret, datetime.now(UTC))


@pytest.mark.usefixtures("people")
def test_tokens_that_clients_have_are_kept() -> None:
    kept = Secret("K" * 64)
    secrets = {"acme+ci": kept, "acme+deploy": None}
    done = apply(BEFORE, secrets=secrets)
    assert [name for name, _ in done.tokens] == ["acme+idle", "alice+mine"]
    assert "acme+ci" not in dict(done.tokens)
    authenticate_robot("acme+ci", kept, datetime.now(UTC))
    assert RobotToken.objects.filter(robot__name="ci").count() == 1
    assert not RobotToken.objects.filter(robot__name="deploy").exists()


@pytest.mark.usefixtures("people")
def test_nothing_is_stored_where_tokens_cannot_be_delivered() -> None:
    def fail(_: object) -> None:
        raise OSError("full")

    file = read_access_file(SOURCE, BEFORE.encode())
    with unchanged(), pytest.raises(OSError, match="full"):
        reconcile(file, BY, deliver=fail)


@pytest.mark.usefixtures("people")
def test_new_robots_are_known_beforehand() -> None:
    file = read_access_file(SOURCE, AFTER.encode())
    assert new_robots([file]) == ["acme+deploy", "alice+other"]
    apply(BEFORE)
    assert new_robots([file]) == ["alice+other"]


def test_a_section_that_is_not_there_is_left_alone(cast: Cast) -> None:
    with unchanged():
        assert applied(f"{HEAD}  acme: {{}}\n", prune=True) == []
    with unchanged():
        text = f"{HEAD}  acme: {{robots: {{ci: {{}}, reader: {{}}}}}}\n"
        assert applied(text, prune=True) == []
    text = f"{HEAD}  acme: {{repositories: {{web: {{}}, api: {{}}, public: {{}}}}}}\n"
    with unchanged():
        assert applied(text, prune=True) == []
    assert apply(text).left == 0


def test_namespaces_that_no_file_names_are_never_touched(cast: Cast) -> None:
    other = factories.organization("other")
    factories.robot(other, "ci")
    before = {**snapshot()}
    applied(f"{HEAD}  alice: {{personal: true, robots: {{}}}}\n", prune=True)
    assert snapshot() == before


def test_empty_sections_empty_a_namespace_when_pruned(cast: Cast) -> None:
    text = (
        f"{HEAD}  acme: {{teams: {{}}, robots: {{}}, repositories: {{}},"
        " default_permissions: []}\n"
    )
    done = apply(text, dry_run=True)
    assert (lines(done), done.left) == ([], 7)
    assert applied(text, prune=True) == [
        "  - repository acme/api",
        "  - repository acme/public",
        "  - repository acme/web",
        "  - team acme/developers",
        "  - team acme/owners",
        "  - robot acme+ci",
        "  - robot acme+reader",
    ]
    assert Namespace.objects.filter(name="acme").exists()
    assert not RepositoryPermission.objects.exists()


PARTIAL = """\
version: 1
namespaces:
  acme:
    partial: true
    teams:
      developers: {members: []}
    robots:
      ci: {enabled: false}
    repositories:
      web:
        permissions:
          acme+ci: none
          alice: none
"""


def test_a_partial_file_removes_only_what_it_says_is_none(cast: Cast) -> None:
    done = apply(PARTIAL, dry_run=True)
    assert lines(done) == ["  ~ robot acme+ci: enabled true -> false"]
    assert done.left == 1  # alice has none
    assert applied(PARTIAL, prune=True) == [
        "  ~ robot acme+ci: enabled true -> false",
        "  - permission acme/web acme+ci (write)",
    ]
    assert applied(PARTIAL, prune=True) == []
    assert RepositoryPermission.objects.filter(robot=cast.reader).exists()
    assert TeamMember.objects.filter(user=cast.bob).exists()


def test_none_counts_as_left_for_every_kind_of_grantee(cast: Cast) -> None:
    grant(cast.web, cast.team, Role.READ, BY)
    grant(cast.web, cast.charlie, Role.READ, BY)
    permissions = "{acme+ci: none, 'team:developers': none, charlie: none, bob: none}"
    repository = f"{{web: {{permissions: {permissions}}}}}"
    partial = f"{HEAD}  acme: {{partial: true, repositories: {repository}}}\n"
    whole = f"{HEAD}  acme: {{repositories: {repository}}}\n"
    assert apply(partial).left == 3
    # Of a whole file: the robot that is not listed, and two repositories.
    assert apply(whole).left == 3 + 1 + 2


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


def test_what_lists_no_teams_warns_of_none(cast: Cast) -> None:
    Team.objects.all().delete()
    text = f"{HEAD}  acme: {{robots: {{}}}}\n  alice: {{personal: true}}\n"
    assert apply(text).warnings == []
    assert len(apply(f"{HEAD}  new: {{teams: {{}}}}\n").warnings) == 1


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


def test_what_is_not_said_of_a_thing_stays_as_it_is(cast: Cast) -> None:
    Robot.objects.filter(pk=cast.ci.pk).update(enabled=False, description="Builds")
    text = f"{HEAD}  acme: {{robots: {{ci: {{metadata: {{a: 1}}}}}}}}\n"
    assert applied(text) == ['  ~ robot acme+ci: metadata {} -> {"a": 1}']
    robot = Robot.objects.get(pk=cast.ci.pk)
    assert (robot.enabled, robot.description) == (False, "Builds")
    assert RobotToken.objects.filter(robot=robot).count() == 1


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


def test_trusts_stay_in_place_without_pruning(people: None) -> None:
    def said(*subjects: str) -> str:
        trusts = ", ".join(
            f"{{issuer: 'https://issuer.example.com', subject: {subject},"
            " audiences: ['https://quay.example.com']}"
            for subject in subjects
        )
        return f"{HEAD}  acme: {{robots: {{ci: {{trusts: [{trusts}]}}}}}}\n"

    def subjects() -> list[str]:
        robot = Robot.objects.get(name="ci")
        return list(robot.trusts.order_by("position").values_list("subject", flat=True))

    apply(said("a", "b"))
    assert subjects() == ["a", "b"]
    assert applied(said("b")) == []
    assert apply(said("b")).left == 1
    assert applied(said("c", "b")) == ["! ~ trusts acme+ci: 1 new, 0 removed"]
    assert subjects() == ["a", "b", "c"]
    assert applied(said("c", "b", "a")) == ["  ~ trusts acme+ci: other order"]
    assert subjects() == ["c", "b", "a"]
    assert applied(said("b"), prune=True) == ["  - trusts acme+ci (2 of 3)"]
    done = apply(said("d"), prune=True)
    assert lines(done) == ["! ~ trusts acme+ci: 1 new, 1 removed"]
    assert [change.removes for change in done.changes] == [True]
    assert applied(said(), prune=True) == ["  - trusts acme+ci (all 1)"]
    assert subjects() == []


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
