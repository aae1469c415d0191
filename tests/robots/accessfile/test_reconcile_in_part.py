"""What an access file does not say, or says is empty."""

import pytest

from robots.lifecycle.permissions import grant
from robots.models import (
    Namespace,
    RepositoryPermission,
    Robot,
    RobotToken,
    Team,
    TeamMember,
)
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.accessfile.applying import HEAD, applied, apply, lines
from tests.robots.accessfile.files import AFTER, BEFORE, PLAN
from tests.robots.ledger import snapshot, unchanged

pytestmark = pytest.mark.django_db


def removals(plan: list[str]) -> list[str]:
    return [line for line in plan if line.startswith("  - ")]


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


def test_what_lists_no_teams_warns_of_none(cast: Cast) -> None:
    Team.objects.all().delete()
    text = f"{HEAD}  acme: {{robots: {{}}}}\n  alice: {{personal: true}}\n"
    assert apply(text).warnings == []
    assert len(apply(f"{HEAD}  new: {{teams: {{}}}}\n").warnings) == 1


def test_what_is_not_said_of_a_thing_stays_as_it_is(cast: Cast) -> None:
    Robot.objects.filter(pk=cast.ci.pk).update(enabled=False, description="Builds")
    text = f"{HEAD}  acme: {{robots: {{ci: {{metadata: {{a: 1}}}}}}}}\n"
    assert applied(text) == ['  ~ robot acme+ci: metadata {} -> {"a": 1}']
    robot = Robot.objects.get(pk=cast.ci.pk)
    assert (robot.enabled, robot.description) == (False, "Builds")
    assert RobotToken.objects.filter(robot=robot).count() == 1


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
