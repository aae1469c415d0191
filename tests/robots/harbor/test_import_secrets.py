"""What becomes of the secrets of robots that come from Harbor."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.accessfile.reconcile import reconcile
from robots.errors import DomainError
from robots.harbor.sources import read_export
from robots.lifecycle.robots import create_robot
from robots.models import AuditEvent, ImportedSecret, Namespace, Robot, RobotToken
from tests import factories
from tests.registryauth.endpoint import Endpoint, basic
from tests.robots.harbor.command import Captured, refusal, run
from tests.robots.harbor.exports import CSV, DUMP, HASHES, SECRETS
from tests.robots.harbor.server import PASSWORD, USER, robot, served

pytestmark = pytest.mark.django_db


def test_where_robots_are_disallowed_none_is_brought(
    acme: Namespace, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    assert "disabled" in refusal("--export", str(DUMP))


def test_a_failure_at_the_last_hash_leaves_nothing(
    acme: Namespace, tmp_path: Path
) -> None:
    with patch(
        "robots.harbor.bringing.keep_imported_secret",
        side_effect=[None, None, DomainError("the last one")],
    ):
        assert "the last one" in refusal("--export", str(DUMP))


def test_a_robot_whose_hash_is_none_of_harbors_is_left_out(
    acme: Namespace, capsys: Captured, tmp_path: Path
) -> None:
    path = tmp_path / "harbor.csv"
    path.write_text(CSV.read_text().replace(HASHES[1], "{bcrypt}"))
    told = run(capsys, "--export", str(path))
    assert told.left_out["robot acme+reader"].startswith("its secret is kept in no way")
    assert "acme+ci" in told.robots
    assert not Robot.objects.filter(name="reader").exists()


def test_the_api_gives_robots_and_a_file_takes_their_tokens(
    acme: Namespace, capsys: Captured, tmp_path: Path, client: Client
) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    robots = [robot("ci", "acme", "pull", "push"), robot("x", "acme", "pull")]
    with served({"acme": robots}) as server:
        told = run(
            capsys,
            *("--url", server.url, "--user", USER),
            *("--password-file", str(tmp_path / "password")),
            *("--tokens-file", str(tmp_path / "tokens.json")),
        )
    assert told.code == 3
    assert told.robots["acme+ci"]["secret"] == "new"
    assert told.left_out.keys() == {"robot robot$acme+x"}
    tokens = json.loads((tmp_path / "tokens.json").read_text())
    assert (tmp_path / "tokens.json").stat().st_mode & 0o777 == 0o600
    login = basic("acme+ci", tokens["acme+ci"])
    access = Endpoint(client).access("repository:acme/web:pull,push", login=login)
    assert sorted(access[0][1]) == ["pull", "push"]


def test_robots_of_the_api_have_no_token_where_none_is_asked_for(
    acme: Namespace, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARBOR_PASSWORD", PASSWORD)
    with served({"acme": [robot("ci", "acme", "pull")]}) as server:
        told = run(capsys, "--url", server.url, "--user", USER)
    assert told.robots["acme+ci"]["secret"] == "none"
    assert told.left_out["secret acme+ci"].startswith("it is not known")
    assert not RobotToken.objects.exists()


def test_a_kept_secret_waits_for_90_days_and_lasts_once_it_was_used(
    acme: Namespace, capsys: Captured, client: Client
) -> None:
    told = run(capsys, "--export", str(DUMP), "--project", "acme")
    assert told.facts["waiting"] == 3
    ends = {held.expires_at for held in ImportedSecret.objects.all()}
    in_90_days = timezone.now() + timedelta(days=90)
    (end,) = ends
    assert end is not None
    assert timedelta() <= in_90_days - end < timedelta(minutes=5)
    events = AuditEvent.objects.filter(kind="import_robot_secret")
    assert {event.facts["until"] for event in events} == {end.isoformat()}
    login = basic("acme+ci", SECRETS["acme+ci"])
    assert Endpoint(client).get(login=login).status_code == 200
    assert RobotToken.objects.get().expires_at is None
    assert run(capsys, "--export", str(DUMP)).facts["waiting"] == 2


def test_the_end_of_waiting_can_be_said(
    acme: Namespace, capsys: Captured, client: Client
) -> None:
    run(capsys, "--export", str(DUMP), "--secrets-until", "2090-01-01")
    ends = {held.expires_at for held in ImportedSecret.objects.all()}
    assert ends == {datetime(2090, 1, 1, tzinfo=UTC)}
    ImportedSecret.objects.update(expires_at=timezone.now())
    login = basic("acme+ci", SECRETS["acme+ci"])
    assert Endpoint(client).get(login=login).status_code == 401
    assert run(capsys, "--export", str(DUMP)).facts["waiting"] == 0


@pytest.mark.parametrize("when", ["soon", "2020-01-01", "2030-01-01T00:00:00"])
def test_an_end_that_is_none_is_refused(when: str, acme: Namespace) -> None:
    arguments = ("--export", str(DUMP), "--secrets-until", when)
    assert refusal(*arguments).startswith("--secrets-until: ")


def test_a_robot_whose_secret_is_empty_is_left_out(
    acme: Namespace, capsys: Captured, tmp_path: Path
) -> None:
    salt = "salt01Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a"
    empty = hashlib.pbkdf2_hmac("sha256", b"", salt.encode(), 4096, 16).hex()
    assert salt in CSV.read_text()
    path = tmp_path / "harbor.csv"
    path.write_text(CSV.read_text().replace(HASHES[0], empty))
    told = run(capsys, "--export", str(path), "--project", "acme")
    assert told.left_out["robot acme+ci"] == "its secret is empty"
    assert not Robot.objects.filter(name="ci").exists()


def test_tokens_are_delivered_last(acme: Namespace, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    arguments = ("--export", str(CSV), "--project", "acme")
    with patch(
        "robots.harbor.bringing.keep_imported_secret", side_effect=DomainError("boom")
    ):
        assert "boom" in refusal(*arguments, "--tokens-file", str(tokens))
    assert not tokens.exists()
    assert "exit code" in refusal(*arguments, "--tokens-command", "false")


def test_somebody_elses_robot_gets_no_secret_however_alike(
    acme: Namespace, client: Client
) -> None:
    """Created after the plan, with all that Harbor's robot has."""

    def late(*arguments: Any, **options: Any) -> Any:
        description = read_export(str(CSV))[0].description
        create_robot(acme, "ci", factories.BY, description=description)
        return reconcile(*arguments, **options)

    with (
        patch("robots.harbor.bringing.reconcile", late),
        pytest.raises(CommandError) as caught,
    ):
        call_command("import_harbor", "--export", str(CSV), "--project", "acme")
    assert "meanwhile" in str(caught.value)
    assert not ImportedSecret.objects.exists()
    login = basic("acme+ci", SECRETS["acme+ci"])
    assert Endpoint(client).get(login=login).status_code == 401
