"""The command line: leave to test, exit codes, files, and what is told."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from abuse.options import parse
from abuse.run import main
from tests.abuse.stub.server import Stub, serving


def needs_file(stub: Stub, folder: Path) -> Path:
    """What a file holds of somebody who has a robot and nothing else."""
    robot = stub.needs.robot
    assert robot is not None
    said = {
        "robot": {
            "name": robot.name, "secret": robot.secret,
            "repository": robot.repository, "forbidden": robot.forbidden,
        }
    }  # fmt: skip
    file = folder / "needs.json"
    file.write_text(json.dumps(said))
    return file


def run(*arguments: str | Path) -> int:
    return main(parse([str(argument) for argument in arguments]))


def test_a_service_that_withstands_is_zero_and_the_files_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as stub:
        file = needs_file(stub, tmp_path)
        code = run(
            stub.url, "--needs", file, "--only", "H-01,S-23,S-01",
            "--json", tmp_path / "out.json", "--markdown", tmp_path / "out.md",
        )  # fmt: skip
        assert stub.needs.robot is not None
        secret = stub.needs.robot.secret
    out = capsys.readouterr().out
    said = json.loads((tmp_path / "out.json").read_text())
    assert code == 0
    results = {case["case"]: case["result"] for case in said["cases"]}
    assert results == {
        "H-01": "pass", "S-23a": "pass", "S-23b": "not applicable",
        "S-23c": "pass", "S-01": "not applicable",
    }  # fmt: skip
    assert "| S-23a | scopes are never widened | pass |" in (
        (tmp_path / "out.md").read_text()
    )
    assert "changes nothing" in out
    assert "needs a robot of another namespace ([other_robot])" in " ".join(out.split())
    assert "3 passed, 0 FAILED, 2 not applicable" in out
    assert secret not in out + json.dumps(said)


def test_a_service_that_fails_is_one_with_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving("widens scopes") as stub:
        code = run(stub.url, "--needs", needs_file(stub, tmp_path), "--only", "S-23a")
    out = capsys.readouterr().out
    assert code == 1
    assert "S-23a  scopes are never widened               FAIL" in out
    assert "- every action: grants {'acme/web':" in out


def test_a_service_that_shows_secrets_does_not_make_the_kit_show_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving("shows secrets in lists", "shows secrets", "shows its stack") as stub:
        run(stub.url, "--needs", needs_file(stub, tmp_path), "--evidence")
        assert stub.needs.robot is not None
        assert stub.needs.robot.secret not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["https://registry.example.com"], "--i-may-test-this"),
        (["http://10.0.0.7:5000"], "--i-may-test-this"),
        (["http://127.0.0.1.example.com"], "--i-may-test-this"),
        (["ftp://127.0.0.1"], "no http or https URL"),
        (["http://user:password@127.0.0.1"], "a URL with a password"),
        (["http://127.0.0.1:1"], "does not answer"),
        (["http://127.0.0.1:1", "--only", "S-99"], "there is no case S-99"),
        (["http://127.0.0.1:1", "--needs", "/nowhere.toml"], "No such file"),
    ],
)
def test_what_cannot_be_run_is_two(
    arguments: Sequence[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert told in capsys.readouterr().err


def test_a_realm_elsewhere_is_not_asked_unless_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving("sends its clients elsewhere") as stub:
        code = run(stub.url, "--only", "H-02")
    assert code == 2
    assert "https://elsewhere.example:443" in capsys.readouterr().err


def test_the_number_of_requests_is_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as stub:
        code = run(stub.url, "--most-requests", "10", "--only", "H-02,H-03")
        assert stub.world.asked <= 10
    out = " ".join(capsys.readouterr().out.split())
    assert code == 0
    assert "0 passed, 0 FAILED, 2 not applicable" in out
    assert "the limit of 10 requests is reached" in out


def test_without_leave_nothing_is_changed(tmp_path: Path) -> None:
    with serving() as stub:
        api = stub.needs.api
        assert api is not None
        said = {
            "robot": {"name": "acme+ci", "secret": "x", "repository": "acme/web"},
            "api": {"url": api.url, "namespace": "acme", "token": api.token,
                    "other_namespace": "globex", "other_token": api.other_token},
            "exchange": {"url": f"{stub.url}/exchange"}, "issuer": {},
        }  # fmt: skip
        file = tmp_path / "needs.json"
        file.write_text(json.dumps(said))
        run(stub.url, "--needs", file)
        assert stub.world.changes == 0
        run(stub.url, "--needs", file, "--allow-changes", "--only", "S-02a,S-22")
        assert stub.world.changes > 0
        assert set(stub.world.robots) == {"acme+ci", "globex+ci"}


def test_the_cases_are_listed_with_their_needs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--list") == 0
    out = capsys.readouterr().out
    assert "S-23b  no robot reaches another namespace     needs a robot with" in out
    assert {f"S-{n:02}" for n in range(1, 33)} <= {
        line.split()[0].rstrip("abc") for line in out.splitlines()
    }


@pytest.mark.parametrize("wrong", ["--most-requests=many", "--unknown"])
def test_an_unknown_option_ends_it(wrong: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([wrong])
    assert ended.value.code == 2
