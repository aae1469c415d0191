"""The programs of docs/token-upkeep.md that keep tokens, run as they are printed."""

import json
import os
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from registryauth.robot_login import authenticate_robot
from robots.credentials import Secret
from tests.conftest import Cast
from tests.robots.ledger import unchanged

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "token-upkeep.md"

VAULT = """#!/usr/bin/env python3
# Keeps keys one after the other, so that a later one can fail when some are kept.
import json, os, sys
assert sys.argv[1:] == ["kv", "patch", "-mount=secret", "registry/robots", "-"]
kept = json.load(open(os.environ["KEPT"]))
for robot, token in json.load(sys.stdin).items():
    if robot == os.environ["FAILS"]:
        sys.exit(2)
    kept[robot] = token
json.dump(kept, open(os.environ["KEPT"], "w"))
"""


def programs() -> list[str]:
    found = re.findall(r"```\n(#!/bin/sh\n# Reads .*?)```", MANUAL.read_text(), re.S)
    assert len(found) == 2
    return found


def made(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def vault(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault that has the tokens of both robots; `FAILS` names one it fails for."""
    kept = tmp_path / "kept.json"
    secrets = {"acme+ci": cast.ci_secret, "acme+reader": cast.reader_secret}
    kept.write_text(json.dumps({name: s.reveal() for name, s in secrets.items()}))
    made(tmp_path / "vault", VAULT)
    made(tmp_path / "keep-tokens", programs()[0])
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("KEPT", str(kept))
    monkeypatch.setenv("FAILS", "")
    return kept


def rotate(command: str) -> None:
    arguments = ("--all", "--grace", "0", "--tokens-command", command)
    call_command("rotate_tokens", *arguments)


def all_log_in(kept: Path) -> None:
    tokens = json.loads(kept.read_text())
    assert tokens.keys() == {"acme+ci", "acme+reader"}
    for name, token in tokens.items():
        authenticate_robot(name, Secret(token), timezone.now())


def test_what_the_vault_keeps_logs_in(vault: Path) -> None:
    before = vault.read_text()
    rotate("keep-tokens")
    assert vault.read_text() != before
    all_log_in(vault)


@pytest.mark.parametrize("robot", ["acme+ci", "acme+reader"])
def test_it_does_so_where_the_vault_fails_at_a_robot(
    vault: Path, robot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILS", robot)
    with unchanged(), pytest.raises(CommandError, match="exit code 2"):
        rotate("keep-tokens")
    all_log_in(vault)


def test_a_file_is_whole_or_not_there(cast: Cast, tmp_path: Path) -> None:
    folder = tmp_path / "new-tokens"
    folder.mkdir()
    program = programs()[1].replace("/srv/quaysite/new-tokens", str(folder))
    rotate(str(made(tmp_path / "keep-tokens", program)))
    [kept] = folder.iterdir()
    assert kept.name.endswith(".json")
    assert kept.stat().st_mode & 0o777 == 0o600
    all_log_in(kept)

    broken = program.replace('sync "$beside"', "false")
    assert broken != program
    with unchanged(), pytest.raises(CommandError, match="exit code 1"):
        rotate(str(made(tmp_path / "keep-tokens", broken)))
    assert list(folder.iterdir()) == [kept]
