"""What the quick start puts into an empty database, and what it leaves alone."""

from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from quaysite.models import User
from quaysite.quickstart import demo_data
from registryauth.authentication import authenticate
from robots.access import authorize
from robots.decision import AccessRequest
from robots.lifecycle.robots import delete_robot, regenerate_token
from robots.models import AuditEvent, Namespace, Repository, Robot, TeamMember
from robots.names import RepositoryName
from robots.roles import Action
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
WANTED = frozenset({Action.PULL, Action.PUSH})


def allowed(robot: str, repository: str) -> set[str]:
    identity = factories.robot_identity(Robot.objects.get(name=robot))
    request = AccessRequest(RepositoryName("acme", repository), WANTED)
    return set(authorize(identity, [request], NOW)[0].granted)


def test_the_robots_can_log_in_with_the_tokens_that_are_shown() -> None:
    secrets = demo_data.ensure_organization()
    assert set(secrets) == {"acme+ci", "acme+reader"}
    for name, secret in secrets.items():
        assert authenticate(name, secret, NOW).name == name


@pytest.mark.parametrize(
    ("robot", "repository", "expected"),
    [
        pytest.param("ci", "web", {"pull", "push"}, id="ci writes web"),
        pytest.param("reader", "web", {"pull"}, id="reader reads web"),
        pytest.param("ci", "api", set(), id="ci has nothing on api"),
        pytest.param("reader", "api", set(), id="reader has nothing on api"),
    ],
)
def test_the_robots_may_do_what_the_banner_says(
    robot: str, repository: str, expected: set[str]
) -> None:
    demo_data.ensure_organization()
    assert allowed(robot, repository) == expected


def test_a_second_start_changes_nothing() -> None:
    demo_data.ensure_organization()
    events = AuditEvent.objects.count()
    assert demo_data.ensure_organization() == {}
    assert AuditEvent.objects.count() == events
    assert Repository.objects.count() == 2


def test_a_robot_that_was_deleted_stays_deleted() -> None:
    demo_data.ensure_organization()
    delete_robot(Robot.objects.get(name="ci"), factories.BY)
    demo_data.ensure_organization()
    assert not Robot.objects.filter(name="ci").exists()


def test_a_failure_half_way_leaves_nothing_behind(settings: Settings) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    with pytest.raises(Exception, match="Robot accounts have been disabled"):
        demo_data.ensure_organization()
    assert not Namespace.objects.exists()


def test_the_newest_token_can_be_shown_again() -> None:
    demo_data.ensure_organization()
    renewed = regenerate_token(Robot.objects.get(name="ci"), factories.BY)
    assert demo_data.stored_secret("ci") == renewed.secret


def test_a_token_that_is_not_retrievable_is_not_shown(settings: Settings) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    demo_data.ensure_organization()
    assert demo_data.stored_secret("ci") is None


def test_a_token_sealed_under_a_lost_key_is_not_shown(settings: Settings) -> None:
    demo_data.ensure_organization()
    settings.ROBOTS_SECRET_KEYS = "another key of more than thirty-two characters"
    assert demo_data.stored_secret("ci") is None


def test_the_first_admin_has_a_random_password_and_owns_acme() -> None:
    demo_data.ensure_organization()
    password = demo_data.ensure_admin()
    admin = User.objects.get(username="admin")
    assert password is not None
    assert len(password.reveal()) == 20  # 15 bytes of randomness in base64
    assert admin.check_password(password.reveal())
    assert admin.is_superuser
    assert TeamMember.objects.get(user=admin).team.name == "owners"


def test_the_password_is_shown_once() -> None:
    assert demo_data.ensure_admin() is not None
    assert demo_data.ensure_admin() is None


def test_two_sites_get_different_passwords() -> None:
    first = demo_data.ensure_admin()
    User.objects.all().delete()
    assert first != demo_data.ensure_admin()


def test_no_admin_is_added_to_a_site_that_has_a_superuser() -> None:
    User.objects.create_superuser("root", password=factories.PASSWORD)
    assert demo_data.ensure_admin() is None
    assert not User.objects.filter(username="admin").exists()


def test_an_organization_called_admin_is_left_alone() -> None:
    factories.organization("admin")
    assert demo_data.ensure_admin() is None
    assert not User.objects.exists()
