"""Logs as files, and the log of a change of many permissions."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from robots import audit
from robots.lifecycle.permission_sets import permission_set
from robots.lifecycle.permissions import grant
from robots.lifecycle.wanted import Wanted
from robots.models import AuditEvent
from robots.roles import Role
from robots.selection import Named
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.api.log_calls import ORG, WEB, kinds
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def test_a_change_of_many_permissions_is_in_the_log_of_each_repository(
    cast: Cast, local_user: LocalUser, exports: Path
) -> None:
    """Without the names of the others, which an administrator of one may not know."""
    grant(cast.web, cast.bob, Role.ADMIN, factories.BY)
    other = factories.organization("other", owner=cast.alice)
    factories.repository(other, "web")
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci], Named(["web", "api"]), Wanted(Role.READ))
        wanted.save(factories.BY)
    bob, alice = local_user(cast.bob), local_user(cast.alice)
    newest = bob.get(WEB).json["logs"][0]
    assert newest["kind"] == "change_repo_permissions"
    assert newest["metadata"] == {
        "repo": "web",
        "namespace": "acme",
        "username": "acme+ci",
        "role": "read",
        "until": None,
    }
    made = bob.post(WEB.replace("logs", "exportlogs"), {})
    (exported,) = [
        line
        for line in lines(exports, made.json["export_id"])
        if line["kind"] == "change_repo_permissions"
    ]
    assert exported["metadata"] == newest["metadata"]
    assert alice.get(ORG).json["logs"][1]["metadata"]["added"] == ["api"]
    assert "change_repo_permissions" in kinds(alice, WEB.replace("web", "api"))
    for path in ("acme/public", "other/web"):
        log = WEB.replace("acme/web", path)
        assert "change_repo_permissions" not in kinds(alice, log)


@pytest.fixture
def exports(settings: Settings, tmp_path: Path) -> Path:
    settings.FEATURE_LOG_EXPORT = True
    settings.LOG_EXPORT_DIR = tmp_path / "exports"
    return tmp_path / "exports"


def lines(folder: Path, export_id: str) -> list[dict[str, Any]]:
    file = folder / f"{export_id}.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_export_is_a_file_of_everything(
    cast: Cast, local_user: LocalUser, exports: Path
) -> None:
    alice = local_user(cast.alice)
    for number in range(30):
        audit.record("test", factories.BY, cast.acme, number=number)
    made = alice.post(ORG.replace("logs", "exportlogs"), {})
    assert (made.status, list(made.json)) == (200, ["export_id"])
    written = lines(exports, made.json["export_id"])
    assert [entry["kind"] for entry in written[-30:]] == ["test"] * 30
    assert written[0]["namespace"]["name"] == "acme"
    event = AuditEvent.objects.get(kind="export_logs_success")
    assert event.facts["export_id"] == made.json["export_id"]
    assert event.facts["count"] == len(written)
    assert (event.namespace_id, event.performer_name) == (cast.acme.pk, "alice")
    of_web = alice.post(WEB.replace("logs", "exportlogs"), {})
    assert {
        e["metadata"]["repo"] for e in lines(exports, of_web.json["export_id"])
    } == ({"web"})
    own = alice.post("/api/v1/user/exportlogs?starttime=01/01/2020", {})
    assert lines(exports, own.json["export_id"]) == []
    assert not list(exports.glob("*.partial"))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"callback_email": "nobody"}, "Invalid callback e-mail"),
        (
            {"callback_url": "ftp://example.com/"},
            "Invalid URL scheme 'ftp': only HTTP and HTTPS are allowed",
        ),
        ({"callback_url": "https://"}, "Invalid callback URL"),
        ({"callback_url": "http://[::1"}, "Invalid callback URL"),
        ({"callback_url": "https://example.com/"}, "Exports are written to a folder"),
        ({"callback_email": "a@example.com"}, "Exports are written to a folder"),
        ({"callback_url": 5}, "5 is not of type 'string'"),
        ([], "[] is not of type 'object'"),
    ],
)
def test_nothing_is_sent_anywhere(
    cast: Cast, local_user: LocalUser, exports: Path, body: Any, text: str
) -> None:
    refused = local_user(cast.alice).post(ORG.replace("logs", "exportlogs"), body)
    assert refused.status == 400
    assert refused.json["detail"].startswith(text)
    assert not exports.exists()


def test_exports_that_cannot_be(
    cast: Cast,
    local: LocalClient,
    local_user: LocalUser,
    exports: Path,
    settings: Settings,
) -> None:
    path = ORG.replace("logs", "exportlogs")
    alice = local_user(cast.alice)
    empty = alice.post(f"{path}?starttime=02/02/2020&endtime=01/01/2020", {})
    assert (empty.status, empty.json["detail"]) == (400, "Invalid time span selected")
    assert alice.post(path, b"", Content_Type="text/plain").status == 415
    assert local.post(path, {}).json == {"error": "CSRF token was invalid or missing."}
    assert local_user(cast.bob).post(path, {}).status == 403
    assert local_user(cast.alice, scope="repo:admin").post(path, {}).status == 403
    assert alice.post("/api/v1/repository/acme/no/exportlogs", {}).status == 404
    settings.LOG_EXPORT_DIR = Path("/dev/null/exports")
    failed = alice.post(path, {})
    assert failed.status == 503
    assert AuditEvent.objects.filter(kind="export_logs_failure").count() == 1
    settings.FEATURE_LOG_EXPORT = False
    off = alice.post(path, {})
    assert (off.status, off.json["error_type"]) == (404, "not_found")
    assert not AuditEvent.objects.filter(kind="export_logs_success").exists()
