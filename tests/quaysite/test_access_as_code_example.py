"""The example repository of the manual, used as its jobs use it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.processes import CHECKOUT

EXAMPLE = CHECKOUT / "docs" / "examples" / "access-as-code"
SERVER = EXAMPLE / "server"
PLAN = "manage.py apply_access - --only acme --prune --dry-run"
APPLY = (
    "manage.py apply_access - --only acme --prune"
    " --tokens-command /usr/local/bin/store-robot-tokens"
)
PEOPLE = """
from quaysite.models import User
for name in ("alice", "bob"):
    User.objects.create(username=name)
"""
KUBECTL = """#!/bin/sh
cat "$3" > "$KEPT"
"""
FAILING = """#!/bin/sh
[ "$1" = create ] && cat "$3" > "$KEPT.created"
[ "$1" = delete ] && echo "$4" > "$KEPT.deleted"
exit 1
"""


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
        "MANAGE": f"{sys.executable} {CHECKOUT}/manage.py",
        "TOKENS": f"--tokens-file {folder}/tokens.json",
    }


def manage(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def run(
    *command: str | Path, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", *command],
        cwd=EXAMPLE,
        env={**os.environ, **variables},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def access(folder: Path, deed: str) -> subprocess.CompletedProcess[str]:
    return run("access.sh", deed, **environment(folder))


def test_the_example_is_refused_planned_applied_and_then_true(tmp_path: Path) -> None:
    manage(tmp_path, "migrate", "-v0")
    refused = access(tmp_path, "plan")
    assert refused.returncode == 2
    assert "there is no user bob" in refused.stderr
    manage(tmp_path, "shell", "-v0", "-c", PEOPLE)

    planned = access(tmp_path, "plan")
    assert planned.returncode == 0, planned.stderr
    assert "Plan: 16 to add, 0 to change, 0 to remove." in planned.stdout
    assert not (tmp_path / "tokens.json").exists()

    applied = access(tmp_path, "apply")
    assert applied.returncode == 0, applied.stderr
    assert "Done: 16 added, 0 changed, 0 removed." in applied.stdout

    assert "Nothing to do" in access(tmp_path, "plan").stdout
    exported = yaml.safe_load(manage(tmp_path, "export_access", "acme"))
    assert exported == yaml.safe_load((EXAMPLE / "acme.yaml").read_text())


@pytest.mark.parametrize("program", ["access-plan", "access-apply"])
@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "manage.py shell",
        "manage.py apply_access - --prune --dry-run",
        f"{PLAN}; id",
        f"{PLAN}\nid",
        f"{PLAN} --only other",
        f"{APPLY} --only other",
        APPLY.replace("store-robot-tokens", "other"),
    ],
)
def test_a_key_runs_nothing_else(program: str, wanted: str) -> None:
    done = run(SERVER / program, SSH_ORIGINAL_COMMAND=wanted, QUAYSITE="/nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "and nothing else" in done.stderr


@pytest.mark.parametrize(
    ("program", "wanted"), [("access-plan", PLAN), ("access-apply", APPLY)]
)
def test_a_key_runs_its_own_command(program: str, wanted: str, tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$*"\n')
    python.chmod(0o755)

    done = run(SERVER / program, SSH_ORIGINAL_COMMAND=wanted, QUAYSITE=str(tmp_path))

    assert (done.returncode, done.stdout.strip()) == (0, wanted)


def stored(folder: Path, tokens: str, kubectl: str = KUBECTL) -> tuple[int, Any]:
    """The exit code of the program, and what it gave to `kubectl create -f`."""
    (folder / "kubectl").write_text(kubectl)
    (folder / "kubectl").chmod(0o755)
    kept = folder / "kept"
    path = f"{folder}:{os.environ['PATH']}"
    done = run(SERVER / "store-robot-tokens", stdin=tokens, PATH=path, KEPT=str(kept))
    assert "TOKEN" not in done.stdout + done.stderr
    return done.returncode, json.loads(kept.read_text()) if kept.exists() else None


def test_tokens_become_secrets_whose_names_differ(tmp_path: Path) -> None:
    tokens = {"acme+ci-x": "TOKEN1", "acme-ci+x": "TOKEN2", "acme+a.b": "TOKEN3"}
    code, kept = stored(tmp_path, json.dumps(tokens))
    assert code == 0
    secrets = kept["items"]
    assert {s["stringData"]["robot"]: s["stringData"]["token"] for s in secrets} == (
        tokens
    )
    assert len({secret["metadata"]["name"] for secret in secrets}) == 3


def test_what_is_no_json_is_not_stored(tmp_path: Path) -> None:
    code, kept = stored(tmp_path, "no json")
    assert code != 0
    assert kept is None


def test_what_was_created_before_a_failure_is_taken_back(tmp_path: Path) -> None:
    code, _ = stored(tmp_path, '{"acme+ci": "TOKEN"}', FAILING)
    assert code != 0
    created = json.loads((tmp_path / "kept.created").read_text())["items"]
    run = created[0]["metadata"]["labels"]["access-run"]
    assert (tmp_path / "kept.deleted").read_text().strip() == f"access-run={run}"


@pytest.mark.parametrize("path", [".gitlab-ci.yml", ".github/workflows/access.yml"])
def test_the_jobs_call_the_script(path: str) -> None:
    job = yaml.safe_load((EXAMPLE / path).read_text())

    text = str(job)
    assert "./access.sh plan" in text
    assert "./access.sh apply" in text
    assert "kubectl exec" not in text
