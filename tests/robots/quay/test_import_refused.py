"""What stops an import, and what it says then."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError
from pytest_django.fixtures import Settings

from robots.quay import bringing
from tests.robots.ledger import unchanged
from tests.robots.quay.brought import BROUGHT
from tests.robots.quay.importing import refusal, run_import, stored
from tests.robots.quay.recorded import ORG, acme
from tests.robots.quay.server import Quay, served


def test_robots_that_may_not_be_made_keep_all_of_it_out(
    quay: Quay, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    with unchanged():
        ran = run_import(quay)
    assert ran.code == 3
    assert "Robot accounts have been disabled" in ran.left_out[0]


@pytest.mark.parametrize("view", [{"is_admin": False}, {"is_admin": "yes"}])
def test_half_an_organization_is_not_brought(
    people: None, view: dict[str, Any]
) -> None:
    answers = acme()
    answers[ORG] |= view
    with served(answers) as quay, unchanged():
        ran = run_import(quay)
    reason = "the token is not one of its administrators' (org:admin)"
    assert ran.left_out == [f"organization acme: {reason}"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--organization", "NOPE"), "Invalid namespace"),
        (("--token", "a", "--token-file", "b"), "not both"),
        (("--token", "two words"), "without a space"),
        (("--token-file", "/nowhere/token"), "cannot be read"),
        (("--ca-file", "/nowhere/ca"), "--ca-file: /nowhere/ca cannot be used"),
        (("--url", "https://[bad"), "is not a URL"),
        (("--state", "/nowhere/state"), "cannot be written"),
        (("--url", "https://quay.example.com?x=1"), "no more"),
        (("--url", "http://quay.example.com"), "without https"),
    ],
)
def test_what_is_refused_before_anything_is_asked(
    quay: Quay, arguments: tuple[str, ...], said: str
) -> None:
    with unchanged():
        assert said in refusal(quay, *arguments)
    assert quay.requests == []


def test_the_wrong_token_is_refused_and_not_shown(quay: Quay) -> None:
    with unchanged():
        message = refusal(quay, "--token", "wrongsecret")
    assert "answered 401" in message
    assert "wrongsecret" not in message


def test_a_report_that_cannot_be_written_is_told_and_all_else_is_done(
    quay: Quay,
) -> None:
    assert "cannot be written" in refusal(quay, "--report", "/nowhere/report")
    assert stored() == BROUGHT


def test_the_report_is_written_when_the_database_fails(
    quay: Quay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(bringing, "_check_place", fail)
    report = tmp_path / "report"
    for path in (report, tmp_path):
        with unchanged(), pytest.raises(CommandError, match="gone") as caught:
            run_import(quay, "--report", str(path))
        assert caught.value.returncode == 1
    assert json.loads(report.read_text())["organizations"] == []


def test_no_token_at_all_is_refused(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUAY_TOKEN")
    assert "QUAY_TOKEN" in refusal(quay)
    assert quay.requests == []
