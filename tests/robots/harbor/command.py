"""Runs of `import_harbor`, and what they leave."""

import json
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command

from robots.models import (
    AuditEvent,
    DefaultPermission,
    ImportedSecret,
    Namespace,
    RepositoryPermission,
    Robot,
    RobotToken,
)
from tests.robots.harbor.exports import HASHES, SECRETS

Captured = pytest.CaptureFixture[str]


class Told(NamedTuple):
    """What a run ended with."""

    code: int
    facts: dict[str, Any]

    @property
    def left_out(self) -> dict[str, str]:
        """Reasons by noun and name."""
        return {
            f"{left['noun']} {left['name']}": left["reason"]
            for left in self.facts["left_out"]
        }

    @property
    def robots(self) -> dict[str, dict[str, Any]]:
        return {robot["robot"]: robot for robot in self.facts["robots"]}


def run(capsys: Captured, *arguments: str) -> Told:
    """Run it with --json."""
    code = 0
    try:
        call_command("import_harbor", "--json", *arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    shown = capsys.readouterr()
    assert shown.err == ""
    assert not any(secret in shown.out for secret in (*SECRETS.values(), *HASHES))
    return Told(code, json.loads(shown.out))


def stored() -> list[Any]:
    """Everything that an import could change."""
    models = (
        Namespace, Robot, RobotToken, ImportedSecret, RepositoryPermission,
        DefaultPermission, AuditEvent,
    )  # fmt: skip
    return [list(model.objects.order_by("pk").values()) for model in models]


def refusal(*arguments: str) -> str:
    """The error of a run that changes nothing."""
    before = stored()
    with pytest.raises(CommandError) as caught:
        call_command("import_harbor", *arguments)
    assert caught.value.returncode == 2
    assert stored() == before
    message = str(caught.value)
    assert not any(secret in message for secret in (*SECRETS.values(), *HASHES))
    return message


def roles() -> dict[str, dict[str, int]]:
    """The role of each robot on each repository."""
    found: dict[str, dict[str, int]] = {}
    for row in RepositoryPermission.objects.select_related("robot", "repository"):
        assert row.robot is not None
        place = found.setdefault(row.repository.full_name, {})
        place[row.robot.full_name] = row.role
    return found
