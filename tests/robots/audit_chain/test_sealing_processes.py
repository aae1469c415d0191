"""Sealing by several processes on a database file, and one that is killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
EVENTS = 40
SECONDS = 600
"""After which a test has failed."""

WRITE = f"""
import django; django.setup()
from robots import audit
for number in range({EVENTS}):
    audit.record("create_robot", audit.Performer.command("test"), None, robot="ci")
"""
BE_KILLED = """
import os, signal
import django; django.setup()
from robots.audit_chain import sealing
sealing.SIZE = 5
made, begun = sealing.made, []
def made_or_killed(*arguments):
    begun.append(1)
    if len(begun) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return made(*arguments)
sealing.made = made_or_killed
sealing.Sealer().seal()
"""
SEAL = """
import django; django.setup()
from robots.audit_chain import sealing
sealing.SIZE = 2
print(sealing.Sealer().seal())
"""

Process = subprocess.Popen[str]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A data folder with its own database."""
    assert answer(manage(tmp_path, "migrate", "-v0")) == ""
    return tmp_path


def start(site: Path, *arguments: str) -> Process:
    left_out = ("DATABASE_URL", "VAR_DIR")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=kept
        | {"VAR_DIR": str(site), "DJANGO_SETTINGS_MODULE": "quaysite.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )


def manage(site: Path, *arguments: str) -> Process:
    return start(site, "manage.py", *arguments)


def answer(process: Process, code: int = 0) -> str:
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == code
    return output


def test_killed_and_sealed_by_several_at_once_it_is_one_chain(site: Path) -> None:
    answer(start(site, "-c", WRITE))
    answer(start(site, "-c", BE_KILLED), -signal.SIGKILL)
    told = json.loads(answer(manage(site, "verify_audit", "--json")))
    assert (told["sound"], told["seals"], told["unsealed"]) == (True, 3, 25)
    writer = start(site, "-c", WRITE)
    sealers = [start(site, "-c", SEAL) for _ in range(2)]
    sealed = sum(int(answer(one)) for one in sealers)
    answer(writer)
    rest = json.loads(answer(manage(site, "seal_audit", "--json")))
    assert sealed + rest["sealed"] == 25 + EVENTS
    told = json.loads(answer(manage(site, "verify_audit", "--json")))
    assert (told["sound"], told["problems"]) == (True, [])
    assert (told["events"], told["unsealed"]) == (2 * EVENTS, 0)
    assert told["head"] == rest["head"]
