"""Takes the pictures of the manual: `make screenshots`.

Named so that the ordinary run leaves it out: it writes to docs/screenshots.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from federation.models import Trust
from quaysite.models import User
from registryauth.models import IssuedTokens
from robots import audit
from robots.audit import Performer
from robots.lifecycle.permissions import grant
from robots.models import AuditEvent, Namespace, Robot
from robots.origin import Origin
from robots.roles import Role, TeamRole, Visibility
from tests import factories
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
