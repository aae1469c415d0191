"""The page of credentials: every tab, every download, regeneration."""

import base64
import io
import json
import tarfile
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots import credentials
from robots.admin.credentials import Keyless
from robots.admin.credentials.page import TABS
from robots.credentials import Secret
from robots.errors import RobotsDisallowed
from robots.lifecycle.tokens import MAX_GRACE, add_token
from robots.models import AuditEvent, Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.robots.credentials_page import (
    HOST,
    SHOW,
    forms_of,
    page,
    readings,
    signed_in,
)


@pytest.fixture(autouse=True)
def registry(settings: Settings) -> None:
    settings.REGISTRY_HOSTNAME = HOST


# --- Show and download ----------------------------------------------------------------


def test_the_page_has_a_tab_for_each_client_and_asterisks(cast: Cast) -> None:
    body = signed_in(cast.alice).get(page(cast.ci)).content.decode()
    for tab in TABS.values():
        assert f">{tab}</a>" in body
        assert f">{tab}</h2>" in body
    assert f"podman login -u=&#x27;acme+ci&#x27; -p=&#x27;***&#x27; {HOST}" in body
    assert "kubectl create -f acme-ci-secret.yml --namespace=NAMESPACEHERE" in body
    assert ".dockerconfigjson: ***" in body
    assert "https://testserver" not in body


def test_show_has_the_token_in_every_form_and_writes_an_event(cast: Cast) -> None:
    answer = signed_in(cast.alice).post(page(cast.ci), {**SHOW, "tab": "podman"})
    body, token = answer.content.decode(), cast.ci_secret.reveal()
    assert f"podman login -u=&#x27;acme+ci&#x27; -p=&#x27;{token}&#x27; {HOST}" in body
    assert f"docker login -u=&#x27;acme+ci&#x27; -p=&#x27;{token}&#x27; {HOST}" in body
    assert body.count(forms_of(cast.ci_secret, cast.ci)[1]) == 2
    assert 'data-open="podman"' in body
    assert "***" not in body
    (event,) = AuditEvent.objects.filter(kind="read_robot_token")
    assert event.facts == {"robots": ["ci"], "count": 1}
    assert (event.namespace_name, event.performer_name) == ("acme", "alice")
    assert event.address == "127.0.0.1"


@pytest.fixture
def odd(cast: Cast) -> tuple[Robot, Secret]:
    """A robot whose name has everything that a name may have."""
    own = factories.organization("my_org", owner=cast.alice)
    return factories.robot(own, "ci.bot")


def download(client: Client, robot: Robot, file: str, **scope: str) -> bytes:
    """A file that is downloaded, never kept, and called what the contract says."""
    answer = client.post(page(robot), {"do": "download", "file": file, **scope})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    name, kind = FILES[file]
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    return answer.content


FILES = {
    "docker": ("my-org-ci-bot-auth.json", "application/json"),
    "kubernetes": ("my-org-ci-bot-secret.yml", "application/yaml"),
    "mesos": ("my-org-ci-bot-auth.tar.gz", "application/gzip"),
}
SCOPES = [
    ({}, HOST),
    ({"scope": "registry"}, HOST),
    ({"scope": "namespace"}, f"{HOST}/my_org"),
]


@pytest.mark.parametrize(
    ("scope", "key"), SCOPES, ids=["none", "registry", "namespace"]
)
def test_each_download_is_what_its_client_reads(
    scope: dict[str, str], key: str, cast: Cast, odd: tuple[Robot, Secret]
) -> None:
    robot, secret = odd
    client = signed_in(cast.alice)
    basic = base64.b64encode(f"my_org+ci.bot:{secret.reveal()}".encode()).decode()
    entry = {"auth": basic, "email": ""}

    docker = download(client, robot, "docker", **scope)
    assert json.loads(docker) == {"auths": {key: entry}}
    read = yaml.safe_load(download(client, robot, "kubernetes", **scope))
    assert read["metadata"]["name"] == "my-org-ci-bot-pull-secret"
    assert base64.b64decode(read["data"][".dockerconfigjson"]) == docker
    mesos = download(client, robot, "mesos", **scope)
    with tarfile.open(fileobj=io.BytesIO(mesos)) as archive:
        opened = archive.extractfile(".docker/config.json")
        assert opened is not None
        assert json.loads(opened.read()) == {"auths": {HOST: entry}}
    assert [facts["file"] for facts in readings()] == ["docker", "kubernetes", "mesos"]


ODD: dict[str, dict[str, str]] = {
    "nothing": {},
    "unknown": {"do": "delete"},
    "NUL": {"do": "\x00"},
    "long": {"do": "x" * 100_000},
    "unknown file": {"do": "download", "file": "rkt"},
    "no file": {"do": "download"},
    "a path": {"do": "download", "file": "../../etc/passwd"},
    "unknown scope": {"do": "download", "file": "docker", "scope": "all"},
    "NUL in a file": {"do": "download", "file": "docker\x00"},
    "long file": {"do": "download", "file": "x" * 100_000},
    "long token": {"do": "download", "file": "docker", "token": "A" * 100_000},
    "NUL in a token": {"do": "download", "file": "docker", "token": "\x00"},
    "no grace": {"do": "regenerate"},
    "unknown grace": {"do": "regenerate", "grace": "5"},
    "huge grace": {"do": "regenerate", "grace": "9" * 5_000},
    "negative grace": {"do": "regenerate", "grace": "-1"},
    "no number": {"do": "regenerate", "grace": "\x00"},
    "odd tab": {"do": "nothing", "tab": "\x00" + "x" * 100_000},
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_an_odd_form_is_no_more_than_an_error(body: dict[str, str], cast: Cast) -> None:
    answer = signed_in(cast.alice).post(page(cast.ci), body)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'role="alert"' in text
    assert cast.ci_secret.reveal() not in text
    assert "x" * 1000 not in text
    assert factories.stored_secret(cast.ci) == cast.ci_secret.reveal()
    assert not AuditEvent.objects.filter(kind__contains="robot_token").exists()


def test_an_odd_body_is_no_more_than_an_error(cast: Cast) -> None:
    client = signed_in(cast.alice)
    for kind in ("application/x-www-form-urlencoded", "application/json"):
        raw = b"do=%ED%A0%80&file=\xff"
        answer = client.post(page(cast.ci), raw, content_type=kind)
        assert answer.status_code == 200
    assert client.put(page(cast.ci)).status_code == 405


@pytest.mark.parametrize("pk", ["0", "x", "9" * 30, "%00", "_5F"])
def test_a_robot_that_is_not_there_is_404(pk: str, cast: Cast) -> None:
    url = f"/admin/robots/robot/{pk}/credentials/"
    client = signed_in(cast.alice)
    assert client.get(url).status_code == 404
    assert client.post(url, SHOW).status_code == 404


# --- Where no copy is kept ------------------------------------------------------------


@pytest.mark.parametrize("retrievable", [True, False], ids=["no copy", "setting"])
def test_a_token_without_a_copy_cannot_be_shown(
    retrievable: bool, cast: Cast, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = retrievable
    if retrievable:
        cast.ci.tokens.update(sealed=None)
    client = signed_in(cast.alice)
    body = client.get(page(cast.ci)).content.decode()
    assert "cannot be shown again" in body
    assert 'value="show"' not in body
    assert 'value="download"' not in body
    for sent in (SHOW, {"do": "download", "file": "docker"}):
        answer = client.post(page(cast.ci), sent)
        assert "No copy of the token is kept" in answer.content.decode()
        assert cast.ci_secret.reveal() not in answer.content.decode()
    assert readings() == []


def test_a_token_is_replaced_with_overlap_and_an_end(cast: Cast) -> None:
    client = signed_in(cast.alice)
    wrong = {"do": "regenerate", "grace": "3600", "lifetime": "-1"}
    assert (
        "Choose one of the times" in client.post(page(cast.ci), wrong).content.decode()
    )
    assert cast.ci.tokens.count() == 1
    before = timezone.now()
    client.post(page(cast.ci), {"do": "regenerate", "grace": "3600", "lifetime": "90"})
    old, new = RobotToken.objects.filter(robot=cast.ci).order_by("pk")
    assert old.is_replaced and not new.is_replaced
    for token, left in ((old, timedelta(hours=1)), (new, timedelta(days=90))):
        assert token.expires_at is not None
        assert timedelta() <= token.expires_at - before - left < timedelta(minutes=1)
    client.post(page(cast.ci), {"do": "regenerate", "grace": "0", "lifetime": ""})
    assert RobotToken.objects.get(robot=cast.ci).expires_at is None


def test_a_regenerated_token_is_shown_once_where_no_copy_is_kept(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    client = signed_in(cast.alice)
    made = client.post(page(cast.ci), {"do": "regenerate", "grace": "0"})
    token = made.context["login"].token
    assert made.content.decode().count(f'name="token" value="{token}"') == 3
    assert RobotToken.objects.get(robot=cast.ci).sealed is None
    assert token not in client.get(page(cast.ci)).content.decode()

    body = {"do": "download", "file": "docker", "token": token}
    file = json.loads(client.post(page(cast.ci), body).content)
    basic = base64.b64decode(file["auths"][HOST]["auth"]).decode()
    assert basic == f"acme+ci:{token}"
    assert readings() == [{"robots": ["ci"], "count": 1, "file": "docker"}]


def test_a_download_takes_no_token_but_the_robots_own(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    client = signed_in(cast.alice)
    for token in (cast.reader_secret.reveal(), "A" * 64):
        body = {"do": "download", "file": "docker", "token": token}
        answer = client.post(page(cast.ci), body)
        assert "No copy of the token is kept" in answer.content.decode()
        assert token not in answer.content.decode()
    assert readings() == []


# --- Regenerate -----------------------------------------------------------------------


@pytest.mark.parametrize("grace", [0, 3_600, 86_400, MAX_GRACE])
def test_the_token_before_works_as_long_as_was_chosen(grace: int, cast: Cast) -> None:
    before = RobotToken.objects.get(robot=cast.ci)
    sent = {"do": "regenerate", "grace": str(grace)}
    answer = signed_in(cast.alice).post(page(cast.ci), sent)
    shown = answer.context["login"].token
    assert answer.content.decode().count(shown) >= 3
    assert "The token was regenerated" in answer.content.decode()
    newest = RobotToken.objects.filter(robot=cast.ci).order_by("-id")[0]
    assert newest.digest == credentials.digest(Secret(shown))
    kept = RobotToken.objects.filter(pk=before.pk).first()
    if grace:
        assert kept is not None and kept.expires_at is not None
        left = kept.expires_at - timezone.now()
        assert timedelta(0) < timedelta(seconds=grace) - left < timedelta(minutes=1)
    else:
        assert kept is None
    (event,) = AuditEvent.objects.filter(kind="regenerate_robot_token")
    assert event.facts == {"robot": "ci"} | ({"grace": grace} if grace else {})
    assert (event.performer_name, event.namespace_name) == ("alice", "acme")


def test_too_many_tokens_are_refused_beside_the_choice(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOT_MAX_TOKENS = 2
    add_token(cast.ci, factories.BY)
    client = signed_in(cast.alice)
    sent = {"do": "regenerate", "grace": "3600"}
    answer = client.post(page(cast.ci), sent)
    (error,) = answer.context["regenerate_form"].errors["grace"]
    assert "ROBOT_MAX_TOKENS" in error
    assert RobotToken.objects.filter(robot=cast.ci).count() == 2
    assert not AuditEvent.objects.filter(kind="regenerate_robot_token").exists()
    at_once = client.post(page(cast.ci), {"do": "regenerate", "grace": "0"})
    assert "The token was regenerated" in at_once.content.decode()


# --- The rest of the page -------------------------------------------------------------


def test_a_robot_that_cannot_log_in_says_so(cast: Cast, settings: Settings) -> None:
    client = signed_in(cast.alice)
    assert client.get(page(cast.ci)).context["notes"] == []
    settings.ROBOTS_DISALLOW = True
    expired = timezone.now() - timedelta(minutes=1)
    Robot.objects.filter(pk=cast.ci.pk).update(enabled=False, expires_at=expired)
    answer = client.get(page(cast.ci))
    assert answer.context["notes"] == [
        RobotsDisallowed.MESSAGE,
        "This robot account is disabled: its token works nowhere.",
        "This robot account has expired: its token works nowhere.",
    ]
    for note in answer.context["notes"]:
        assert note in answer.content.decode()


def test_keyless_steps_name_the_exchange(cast: Cast, settings: Settings) -> None:
    settings.SERVER_HOSTNAME, settings.PREFERRED_URL_SCHEME = "quay.example", "https"
    lines = signed_in(cast.alice).get(page(cast.ci)).context["keyless"].lines
    assert "https://quay.example/oauth2/federation/robot/token" in lines
    assert f"podman login -u='acme+ci' --password-stdin {HOST}" in lines


def test_an_admin_that_knows_trusts_fills_the_keyless_tab(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(self: Any, request: Any, robot: Robot) -> Keyless:
        return Keyless(f"For {robot}.", "run this", [("Trusts", "/admin/trusts/")])

    robots = type(admin.site._registry[Robot])
    monkeypatch.setattr(robots, "keyless_steps", steps, raising=False)
    body = signed_in(cast.alice).get(page(cast.ci)).content.decode()
    assert "For acme+ci." in body
    assert "run this" in body
    assert '<a href="/admin/trusts/">Trusts</a>' in body


def test_the_page_costs_few_queries(cast: Cast) -> None:
    client = signed_in(cast.alice)
    for _ in range(9):
        add_token(cast.ci, factories.BY)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page(cast.ci)).status_code == 200
    assert len(queries) <= 15
