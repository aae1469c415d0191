"""Robots that come from a Quay with their secrets, or with new ones."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from registryauth.errors import Unauthorized
from robots.accessfile.documents import NamespaceDocument
from robots.credentials import Deliver
from robots.management import new_tokens
from robots.models import AuditEvent, Robot, RobotToken
from tests import factories
from tests.robots.ledger import unchanged
from tests.robots.quay.brought import log_in
from tests.robots.quay.importing import run_import, stored
from tests.robots.quay.recorded import BOT_TOKEN, CI_TOKEN, ORG, acme, robot
from tests.robots.quay.server import Quay, served


def test_robots_keep_their_secret_sealed_too(quay: Quay) -> None:
    run_import(quay)
    assert log_in("acme+ci", CI_TOKEN) == "acme+ci"
    assert log_in("acme+bot", BOT_TOKEN) == "acme+bot"
    with pytest.raises(Unauthorized):
        log_in("acme+bot", CI_TOKEN)
    ci = Robot.objects.get(name="ci")
    assert factories.stored_secret(ci) == CI_TOKEN


def test_no_sealed_copy_where_tokens_cannot_be_read_again(
    quay: Quay, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    run_import(quay)
    assert set(RobotToken.objects.values_list("sealed", flat=True)) == {None}
    assert log_in("acme+ci", CI_TOKEN) == "acme+ci"


def test_no_secret_is_told_kept_in_the_audit_or_remembered(
    quay: Quay, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    state, report = tmp_path / "state", tmp_path / "report"
    ran = run_import(quay, "--state", str(state), "--report", str(report))
    told = [
        json.dumps(ran.facts),
        state.read_text(),
        report.read_text(),
        str(list(AuditEvent.objects.values())),
        *capfd.readouterr(),
    ]
    for secret in (CI_TOKEN, BOT_TOKEN, "quaysecret"):
        assert all(secret not in text for text in told)
    assert json.loads(report.read_text()) == ran.facts


def without_tokens() -> dict[str, Any]:
    return {
        **acme(),
        f"{ORG}/robots/ci": robot("acme+ci", None, unstructured_metadata={}),
        f"{ORG}/robots/bot": robot("acme+bot", "short"),
    }


def test_robots_whose_secret_is_not_shown_have_none(people: None) -> None:
    with served(without_tokens()) as quay:
        ran = run_import(quay)
    assert not RobotToken.objects.exists()
    assert Robot.objects.count() == 2
    hidden = "is not shown to this token: it has no token"
    assert [line for line in ran.left_out if line.startswith("secret")] == [
        "secret of robot acme+bot: " + hidden,
        "secret of robot acme+bot: not 20 to 1024 ASCII characters that can be typed",
        "secret of robot acme+ci: " + hidden,
    ]


def test_or_a_new_one_in_a_file_for_each_organization(
    people: None, tmp_path: Path
) -> None:
    file = tmp_path / "tokens"
    with served(without_tokens()) as quay:
        ran = run_import(quay, "--tokens-file", str(file))
    own = tmp_path / "tokens.acme"
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    tokens = json.loads(own.read_text())
    assert set(tokens) == {"acme+bot", "acme+ci"}
    assert log_in("acme+ci", tokens["acme+ci"]) == "acme+ci"
    assert ran.counts()[2:] == (0, 2)
    assert tokens["acme+ci"] not in json.dumps(ran.facts)


def test_tokens_are_handed_on_when_all_else_is_stored(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no refusal leaves tokens behind that are good for nothing."""
    seen: list[tuple[list[str], NamespaceDocument]] = []

    def destination(options: Any) -> Deliver:
        return lambda tokens: seen.append(([name for name, _ in tokens], stored()))

    monkeypatch.setattr(new_tokens, "destination", destination)
    with served(without_tokens()) as quay:
        run_import(quay)
    assert seen == [(["acme+bot", "acme+ci"], stored())]


def test_a_file_that_is_there_is_not_written_over(people: None, tmp_path: Path) -> None:
    (tmp_path / "tokens.acme").write_text("mine")
    with served(without_tokens()) as quay, unchanged():
        ran = run_import(quay, "--tokens-file", str(tmp_path / "tokens"))
    assert ran.code == 3
    assert "exists already" in ran.left_out[0]
    assert (tmp_path / "tokens.acme").read_text() == "mine"


def test_nothing_is_stored_of_tokens_that_nobody_took(people: None) -> None:
    with served(without_tokens()) as quay, unchanged():
        ran = run_import(quay, "--tokens-command", "exit 7")
    assert "exit code 7" in ran.left_out[0]


def test_a_secret_that_two_robots_have_is_no_ones(people: None) -> None:
    answers = acme()
    answers[f"{ORG}/robots/bot"]["token"] = CI_TOKEN
    with served(answers) as quay:
        ran = run_import(quay)
    assert not RobotToken.objects.exists()
    reason = "is another robot's too: it has no token"
    assert f"secret of robot acme+ci: {reason}" in ran.left_out
    assert f"secret of robot acme+bot: {reason}" in ran.left_out


def test_a_secret_of_a_robot_here_is_not_given_to_another(people: None) -> None:
    other, secret = factories.robot(factories.organization("other"), "thief")
    answers = acme()
    answers[f"{ORG}/robots/ci"]["token"] = secret.reveal()
    with served(answers) as quay:
        run_import(quay)
    assert log_in("other+thief", secret.reveal()) == "other+thief"
    with pytest.raises(Unauthorized):
        log_in("acme+ci", secret.reveal())
    assert RobotToken.objects.filter(robot=other).count() == 1
