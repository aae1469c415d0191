"""`make audit` never takes silence for an answer: a program stands in for pip-audit."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from supply import audit

CLEAN = {"name": "one", "version": "1", "vulns": []}
SKIPPED = {"name": "two", "skip_reason": "not found"}
WRONG = {
    "name": "three",
    "version": "3",
    "vulns": [{"id": "CVE-1", "fix_versions": ["4"]}],
}


def says(folder: Path, text: str, code: int = 0) -> str:
    program = folder / "pip-audit"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nprint({text!r})\nsys.exit({code})\n"
    )
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("rows", "code", "told"),
    [
        ([CLEAN], 0, "1 audited, 0 vulnerable"),
        ([CLEAN, SKIPPED], 2, "NOT AUDITED"),
        ([CLEAN, WRONG], 1, "three 3: CVE-1, mended in 4."),
        ([SKIPPED, WRONG], 1, "NOT AUDITED"),
    ],
)
def test_the_exit_code_tells_what_is_known(
    rows: list[Any],
    code: int,
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = json.dumps({"dependencies": rows})
    assert audit.main(says(tmp_path, answer)) == code
    assert told in "".join(capsys.readouterr())


def test_no_answer_is_no_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(says(tmp_path, "Traceback", code=1)) == 2
    assert "NOT AUDITED" in capsys.readouterr().err


def test_a_pin_that_is_too_old_fails_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "requirements.txt"
    old.write_text("PyJWT==2.12.1\n")
    monkeypatch.setattr(audit, "RUNTIME", old)
    assert audit.main(says(tmp_path, json.dumps({"dependencies": [CLEAN]}))) == 1
    assert "pyjwt 2.12.1 is older than 2.13.0" in capsys.readouterr().out
