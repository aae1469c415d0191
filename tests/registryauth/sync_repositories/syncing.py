"""Runs of `sync_repositories`, and what they leave."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from robots.models import AuditEvent, Repository
from tests.registryauth.registry import FakeRegistry

Captured = pytest.CaptureFixture[str]

NAMES = ["acme/new", "acme/a/b/c", "acme/web", "acme/Upper", "alpine", "none/x"]


def run(registry: FakeRegistry, *arguments: str) -> None:
    call_command("sync_repositories", "--url", registry.url, *arguments)


def facts(
    registry: FakeRegistry, capsys: Captured, *arguments: str, code: int = 0
) -> dict[str, Any]:
    """What the command says with --json, after checking its exit code."""
    found = 0
    try:
        run(registry, "--json", *arguments)
    except SystemExit as error:
        found = int(str(error.code))
    assert found == code
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said.pop("registry") == registry.url
    return said


def stored() -> tuple[set[str], int]:
    """Every repository, and how many audit events there are."""
    rows = Repository.objects.select_related("namespace")
    return {row.full_name for row in rows}, AuditEvent.objects.count()


def refusal(registry: FakeRegistry | None, *arguments: str) -> str:
    """The error of a command that changes nothing, not even the audit."""
    before = stored()
    url = ["--url", registry.url] if registry else []
    with pytest.raises(CommandError) as caught:
        call_command("sync_repositories", *url, *arguments)
    assert caught.value.returncode == 2
    assert stored() == before
    return str(caught.value)
