"""A robot's credentials in a browser: the seed's step 9 of creating a robot account."""

import base64
import io
import json
import re
import tarfile
from pathlib import Path

import pytest
import yaml
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.fixtures import Settings

from robots import credentials
from robots.credentials import Secret
from robots.freshness import SIGNED_IN_AT
from robots.models import AuditEvent, Robot, RobotToken
from tests.browser.axe import violations
from tests.browser.conftest import PASSWORD, SignIn
from tests.browser.guard import Guard
from tests.conftest import Cast
from tests.robots.credentials_page import HOST
from tests.robots.credentials_page import page as address

TABS = [
    "Robot Account",
    "Kubernetes Secret",
    "Podman",
    "Docker Login",
    "Docker Configuration",
    "Mesos",
    "Keyless",
]


@pytest.fixture(autouse=True)
def registry(settings: Settings) -> None:
    settings.REGISTRY_HOSTNAME = HOST


def make_stale(context: BrowserContext) -> None:
    """The person signed in an hour ago."""
    cookies = {cookie.get("name"): cookie.get("value") for cookie in context.cookies()}
    session = SessionStore(session_key=cookies["sessionid"])
    session[SIGNED_IN_AT] -= 3600
    session.save()


def open_tab(page: Page, title: str) -> None:
    page.get_by_role("tab", name=title, exact=True).click()
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    expect(page.get_by_role("tabpanel")).to_contain_text(title)


def show(page: Page) -> None:
    page.get_by_role("button", name="Show token").click()
    expect(page.get_by_role("link", name="Hide token")).to_be_visible()


def test_a_token_is_shown_after_the_password_was_shown_again(
    cast: Cast, sign_in: SignIn, context: BrowserContext
) -> None:
    token = cast.ci_secret.reveal()
    page = sign_in(cast.alice, address(cast.ci))
    make_stale(context)
    open_tab(page, "Podman")
    masked = f"podman login -u='acme+ci' -p='***' {HOST}"
    expect(page.locator("#podman-line")).to_have_text(masked)

    page.get_by_role("button", name="Show token").click()
    expect(page).to_have_url(re.compile("/sign-in/again/"))
    assert violations(page) == []
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not your password")
    assert violations(page) == []
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(r"/credentials/\?tab=podman$"))
    assert token not in page.content()

    show(page)
    line = f"podman login -u='acme+ci' -p='{token}' {HOST}"
    expect(page.locator("#podman-line")).to_have_text(line)
    page.reload()
    expect(page.locator("#podman-line")).to_have_text(masked)
    assert token not in page.content()
    assert AuditEvent.objects.filter(kind="read_robot_token").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_can_be_used_by_anybody(
    scheme: str, cast: Cast, sign_in: SignIn, page: Page
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 375, "height": 800})
    sign_in(cast.alice, address(cast.ci))
    assert violations(page) == []
    show(page)
    page.get_by_role("tab", name=TABS[0]).focus()
    for title in TABS:
        expect(page.get_by_role("tab", name=title, exact=True)).to_be_focused()
        expect(page.get_by_role("tabpanel")).to_contain_text(title)
        assert violations(page) == []
        width = "document.documentElement.scrollWidth"
        assert page.evaluate(width) <= 375, title
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name=TABS[0])).to_be_focused()


def downloaded(page: Page, tab: str, name: str, *, namespace: bool = False) -> bytes:
    """The file that the button of a tab brings, as it arrives on disk."""
    open_tab(page, tab)
    panel = page.get_by_role("tabpanel")
    if namespace:
        panel.get_by_label("Those of acme alone").check()
    with page.expect_download() as download:
        panel.get_by_role("button", name=f"Download {name}").click()
    assert download.value.suggested_filename == name
    return Path(download.value.path()).read_bytes()


def test_each_download_is_read_by_its_client(
    cast: Cast, sign_in: SignIn, page: Page
) -> None:
    sign_in(cast.alice, address(cast.ci))
    basic = base64.b64encode(f"acme+ci:{cast.ci_secret.reveal()}".encode()).decode()
    entry = {"auth": basic, "email": ""}

    docker = downloaded(page, "Docker Configuration", "acme-ci-auth.json")
    assert json.loads(docker) == {"auths": {HOST: entry}}
    narrow = downloaded(
        page, "Docker Configuration", "acme-ci-auth.json", namespace=True
    )
    assert json.loads(narrow) == {"auths": {f"{HOST}/acme": entry}}
    expect(page.locator("#docker-namespace")).to_contain_text(f'"{HOST}/acme"')
    expect(page.locator("#docker-registry")).to_be_hidden()
    expect(page.get_by_role("tabpanel")).to_contain_text(
        "docker command line understands only the first"
    )
    kubernetes = downloaded(page, "Kubernetes Secret", "acme-ci-secret.yml")
    secret = yaml.safe_load(kubernetes)
    assert secret["metadata"]["name"] == "acme-ci-pull-secret"
    assert base64.b64decode(secret["data"][".dockerconfigjson"]) == docker
    mesos = downloaded(page, "Mesos", "acme-ci-auth.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(mesos)) as archive:
        opened = archive.extractfile(".docker/config.json")
        assert opened is not None and opened.read() == docker
    assert cast.ci_secret.reveal() not in page.content()
    events = AuditEvent.objects.filter(kind="read_robot_token").order_by("id")
    files = [event.facts["file"] for event in events]
    assert files == ["docker", "docker", "kubernetes", "mesos"]


def test_what_is_copied_is_the_whole_line(
    cast: Cast, sign_in: SignIn, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = sign_in(cast.alice, address(cast.ci))
    show(page)
    read = "navigator.clipboard.readText()"
    for tab, program in (("Podman", "podman"), ("Docker Login", "docker")):
        open_tab(page, tab)
        page.get_by_role("tabpanel").get_by_role("button", name="Copy").click()
        expect(page.locator("#copied")).to_have_text("Copied")
        token = cast.ci_secret.reveal()
        line = f"{program} login -u='acme+ci' -p='{token}' {HOST}"
        assert page.evaluate(read) == line

    open_tab(page, "Kubernetes Secret")
    command = page.locator("#kubectl-line")
    line = "kubectl create -f acme-ci-secret.yml --namespace="
    expect(command).to_have_text(f"{line}NAMESPACEHERE")
    field = page.get_by_label("Namespace of the cluster")
    field.fill("shop-1")
    expect(command).to_have_text(f"{line}shop-1")
    field.fill("shop; rm -rf /")
    expect(command).to_have_text(f"{line}NAMESPACEHERE")
    expect(field).to_have_attribute("aria-invalid", "true")


def test_without_a_clipboard_the_text_is_selected(
    cast: Cast, sign_in: SignIn, context: BrowserContext
) -> None:
    """As on a page in plain HTTP."""
    context.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined});"
        "document.execCommand = () => false;"
    )
    page = sign_in(cast.alice, address(cast.ci))
    page.get_by_role("tabpanel").get_by_role("button", name="Copy").first.click()
    expect(page.locator("#copied")).to_have_text("Selected: press Ctrl+C")
    assert page.evaluate("getSelection().toString()") == "acme+ci"


def test_regenerate_token_now(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.alice, address(cast.ci))
    page.get_by_label("In 1 day").check()
    page.get_by_role("button", name="Regenerate token now").click()
    expect(page.get_by_text("The token was regenerated.")).to_be_visible()
    shown = page.locator("#robot-token").inner_text()
    assert shown != cast.ci_secret.reveal()
    newest = RobotToken.objects.filter(robot=cast.ci).order_by("-id")[0]
    assert newest.digest == credentials.digest(Secret(shown))
    before = RobotToken.objects.get(robot=cast.ci, expires_at__isnull=False)
    assert before.sealed is None
    page.reload()
    expect(page.locator("#robot-token")).to_have_text("***")
    assert AuditEvent.objects.filter(kind="regenerate_robot_token").count() == 1


def test_a_member_looks_at_the_robot_and_not_at_its_token(
    cast: Cast, sign_in: SignIn, guard: Guard
) -> None:
    robot = Robot.objects.get(pk=cast.ci.pk)
    page = sign_in(cast.bob, f"/admin/robots/robot/{robot.pk}/change/")
    expect(page.get_by_role("link", name="Credentials")).to_have_count(0)
    guard.statuses.add(403)
    answer = page.goto(address(robot))
    assert answer is not None and answer.status == 403
    assert cast.ci_secret.reveal() not in page.content()
