"""Takes the pictures of the manual: `make screenshots`.

Named so that the ordinary run leaves it out: it writes to docs/screenshots.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.fixtures import Settings

from federation.models import Trust
from quaysite.models import User
from registryauth.models import IssuedTokens
from robots import audit
from robots.audit import Performer
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member
from robots.models import AuditEvent, Namespace, Robot
from robots.origin import Origin
from robots.roles import Role, TeamRole, Visibility
from tests import factories
from tests.audit_triggers import lifted
from tests.browser.conftest import SignIn

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"

ROBOTS = {
    "ci-build": "Builds and pushes images of every service",
    "deploy": "Pulls in the production cluster",
    "nightly": "Nightly base image builds",
    "scanner": "Pulls images for the vulnerability scanner",
    "staging": "Pulls in the staging cluster",
}
REPOSITORIES = ["api", "billing", "docs", "frontend", "gateway", "tools/lint", "worker"]


@pytest.fixture
def alice(transactional_db: None) -> User:
    """The owner of an organization that has been at work for a while."""
    alice = factories.user("alice", first_name="Alice", last_name="Ames")
    acme = factories.organization("acme", owner=alice)
    bob = factories.user("bob")
    factories.team(acme, "developers", TeamRole.MEMBER, (bob,))
    factories.team(acme, "releases", TeamRole.CREATOR, (bob,))
    _fill(acme)
    _look_back(acme, alice)
    return alice


def _fill(acme: Namespace) -> None:
    repositories = [factories.repository(acme, name) for name in REPOSITORIES]
    factories.repository(acme, "public-cli", Visibility.PUBLIC)
    now = timezone.now()
    for number, (name, description) in enumerate(ROBOTS.items()):
        robot, _ = factories.robot(acme, name)
        robot.description = description
        if name != "nightly":
            robot.last_used_at = now - timedelta(hours=1 + 7 * number)
        if name == "staging":
            robot.expires_at = now + timedelta(days=12)
        robot.save()
        for repository in repositories[number:]:
            role = Role.WRITE if name == "ci-build" else Role.READ
            grant(repository, robot, role, factories.BY)
    robot = Robot.objects.get(name="ci-build")
    Trust.objects.create(
        robot=robot,
        name="GitHub: main branch",
        issuer="https://token.actions.githubusercontent.com",
        subject="repo:acme/api:ref:refs/heads/main",
        audiences=["registry.example.com"],
        single_use=True,
    )


def _look_back(acme: Namespace, alice: User) -> None:
    """A month of tokens, and a day of events."""
    today = timezone.now().date()
    for back in range(30):
        day = today - timedelta(days=back)
        busy = 140 + 55 * ((back * 7) % 5) if day.weekday() < 5 else 30
        IssuedTokens.objects.create(day=day, namespace=acme, count=busy)
    with lifted():
        AuditEvent.objects.all()._raw_delete("default")
    by = Performer("user", "alice", alice.pk, Origin("203.0.113.7", "a1b2c3d4"))
    nobody = Performer(
        "anonymous", "(anonymous)", None, Origin("198.51.100.20", "e5f6")
    )
    audit.record("create_robot", by, acme, robot="staging", description=None)
    audit.record("regenerate_robot_token", by, acme, robot="deploy", grace=86400)
    audit.record(
        "login_failure", nobody, acme, kind="robot", robot="acme+deploy",
        message="no live token of this robot has that digest", type="v2auth",
    )  # fmt: skip


def shoot(page: Page, name: str) -> None:
    """The page as it is now, on light and on dark ground."""
    FOLDER.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        # The theme looks at the scheme when a page is loaded.
        page.reload()
        page.wait_for_timeout(400)
        page.screenshot(path=FOLDER / f"{name}-{scheme}.png", animations="disabled")


def test_pictures(alice: User, sign_in: SignIn) -> None:
    page = sign_in(alice)
    page.set_viewport_size({"width": 1280, "height": 800})
    robot = Robot.objects.get(name="ci-build")
    acme = robot.namespace
    api = acme.repositories.get(name="api")
    address = f"/admin/robots/robot/{robot.pk}"
    shoot(page, "overview")
    for name, path in {
        "organizations": "/admin/robots/namespace/",
        "robot-accounts": "/admin/robots/robot/?namespace=acme",
        "set-permissions": f"{address}/permissions/",
        "credentials": f"{address}/credentials/",
        "federation": f"{address}/federation/",
        "audit-log": "/admin/robots/auditevent/?namespace=acme",
        "emergency-switch": f"/admin/robots/namespace/{acme.pk}/switch/",
        "who-can-access": f"/admin/robots/repository/{api.pk}/access/",
        "create-robot": "/admin/robots/robot/add/?namespace=acme",
    }.items():
        page.goto(path)
        shoot(page, name)


LIST = "/admin/robots/robot/?namespace=acme"


def act(page: Page, name: str, deed: Callable[[Page], None]) -> None:
    """What a page shows after a deed, which a reload would undo, on both grounds."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        deed(page)
        page.wait_for_timeout(400)
        page.screenshot(path=FOLDER / f"{name}-{scheme}.png", animations="disabled")


def open_menu(page: Page) -> None:
    page.goto(LIST)
    page.get_by_role("button", name="Menu of acme+deploy").click()


def expand(page: Page) -> None:
    page.goto(LIST)
    page.get_by_role("button", name="Expand acme+ci-build").click()


def fill_new_robot(page: Page) -> None:
    page.goto("/admin/robots/robot/add/?namespace=acme")
    page.get_by_label("Name", exact=True).fill("robot1")
    page.get_by_role("textbox", name="Description").fill("Builds the shop")
    page.get_by_label("developers").check()
    page.get_by_label("Add a repository").fill("api")
    page.get_by_label("Its role").select_option("write")
    page.locator("[data-add]").click()
    page.get_by_role("button", name="Continue to review").click()


def fill_permissions(page: Page) -> None:
    scanner = Robot.objects.get(name="scanner")
    page.goto(f"/admin/robots/robot/{scanner.pk}/permissions/")
    for name in ("api", "billing", "docs"):
        page.get_by_label(f"Select {name}", exact=True).check()
    page.get_by_label("Role for the selected").select_option(label="Read")
    page.get_by_role("button", name="Review changes").click()


def open_kubernetes(page: Page) -> None:
    deploy = Robot.objects.get(name="deploy")
    page.goto(f"/admin/robots/robot/{deploy.pk}/credentials/")
    page.get_by_role("tab", name="Kubernetes Secret", exact=True).click()


def look_at_regenerate(page: Page) -> None:
    deploy = Robot.objects.get(name="deploy")
    page.goto(f"/admin/robots/robot/{deploy.pk}/credentials/")
    page.get_by_label("In 1 day").check()
    page.get_by_role("button", name="Regenerate token now").scroll_into_view_if_needed()


def tick_and_delete(page: Page) -> None:
    page.goto(LIST)
    for name in ("nightly", "scanner"):
        row = page.locator("tr.data-row", has_text=f"acme+{name}")
        row.locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("delete_selected")
    page.get_by_role("button", name="Run").click()


def add_trust(page: Page) -> None:
    deploy = Robot.objects.get(name="deploy")
    page.goto(f"/admin/robots/robot/{deploy.pk}/federation/")
    page.get_by_role("button", name="Add trust").click()
    popup = page.get_by_role("dialog", name="Add a trust")
    popup.get_by_label("Issuer URL").fill("https://sso.example.com/realms/builds")
    popup.get_by_label("Subject", exact=True).fill(
        "449e14f8-9eb5-4d59-a63e-b7a77c75f770"
    )


def use_preset(page: Page) -> None:
    deploy = Robot.objects.get(name="deploy")
    page.goto(f"/admin/robots/robot/{deploy.pk}/federation/")
    page.get_by_role("link", name="GitHub Actions").click()


def look_at_team(page: Page) -> None:
    acme = Namespace.objects.get(name="acme")
    page.goto(f"/admin/robots/team/{acme.teams.get(name='developers').pk}/members/")


def list_teams(page: Page) -> None:
    page.goto("/admin/robots/team/?namespace=acme")


def create_in_vain(page: Page) -> None:
    page.goto("/admin/robots/robot/add/?namespace=acme")
    page.get_by_label("Name", exact=True).fill("robot1")
    page.get_by_role("button", name="Continue to review").click()


def test_pictures_of_jobs(alice: User, sign_in: SignIn, settings: Settings) -> None:
    settings.REGISTRY_HOSTNAME = "registry.example.com"
    developers = Namespace.objects.get(name="acme").teams.get(name="developers")
    add_member(developers, Robot.objects.get(name="deploy"), factories.BY)
    page = sign_in(alice)
    page.set_viewport_size({"width": 1280, "height": 800})
    for name, deed in {
        "robot-menu": open_menu,
        "robot-details": expand,
        "create-robot-review": fill_new_robot,
        "set-permissions-review": fill_permissions,
        "credentials-kubernetes": open_kubernetes,
        "regenerate": look_at_regenerate,
        "delete-robots": tick_and_delete,
        "add-trust": add_trust,
        "preset": use_preset,
        "teams": list_teams,
        "team-members": look_at_team,
    }.items():
        act(page, name, deed)
    settings.ROBOTS_DISALLOW = True
    act(page, "robots-disallowed", create_in_vain)
