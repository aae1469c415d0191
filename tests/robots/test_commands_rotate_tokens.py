"""rotate_tokens: new secrets where they are wanted, or everything as before."""

import base64
import json
import shlex
import stat
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots import credentials
from robots.credentials import Secret
from robots.lifecycle.tokens import add_token
from robots.models import AuditEvent, Robot, RobotToken, TokenOrigin
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic
from tests.robots.ledger import unchanged

Captured = pytest.CaptureFixture[str]

WEB = "repository:acme/web:pull"


@pytest.fixture
def endpoint(client: Client) -> Endpoint:
    return Endpoint(client)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "new"
    made.mkdir()
    return made


def rotate(*arguments: str) -> int:
    try:
        call_command("rotate_tokens", *arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def refusal(*arguments: str) -> str:
    with unchanged(), pytest.raises(CommandError) as caught:
        call_command("rotate_tokens", *arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def grow_old(robot: Robot, days: float) -> None:
    made = timezone.now() - timedelta(days=days)
    robot.tokens.update(created_at=made)


def logs_in(endpoint: Endpoint, robot: Robot, secret: Secret | str) -> bool:
    response = endpoint.get(WEB, login=basic(robot.full_name, secret))
    assert response.status_code in (200, 401)
    return response.status_code == 200


def in_folder(folder: Path) -> list[str]:
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    return sorted(path.name for path in folder.iterdir())


def test_old_and_new_tokens_log_in_until_the_grace_is_over(
    cast: Cast, endpoint: Endpoint, folder: Path
) -> None:
    rotate("--robot", "acme+ci", "--grace", "3600", "--secrets-dir", str(folder))
    new = (folder / "acme+ci.token").read_text()
    assert len(new) == credentials.TOKEN_LENGTH
    assert logs_in(endpoint, cast.ci, new)
    assert logs_in(endpoint, cast.ci, cast.ci_secret)
    ending = cast.ci.tokens.filter(expires_at__isnull=False)
    assert ending.update(expires_at=timezone.now()) == 1
    assert logs_in(endpoint, cast.ci, new)
    assert not logs_in(endpoint, cast.ci, cast.ci_secret)
    assert logs_in(endpoint, cast.reader, cast.reader_secret)


def test_without_grace_the_old_token_is_dead_at_once(
    cast: Cast, endpoint: Endpoint, folder: Path, capsys: Captured
) -> None:
    rotate("--robot", "acme+ci", "--grace", "0", "--secrets-dir", str(folder))
    assert capsys.readouterr().out == (
        "Rotated the tokens of 1 robot; the old ones are dead.\n  acme+ci\n"
    )
    assert not logs_in(endpoint, cast.ci, cast.ci_secret)
    assert logs_in(endpoint, cast.ci, (folder / "acme+ci.token").read_text())


def test_new_tokens_may_have_an_end(
    cast: Cast, endpoint: Endpoint, folder: Path
) -> None:
    options = ("--robot", "acme+ci", "--grace", "60", "--secrets-dir", str(folder))
    assert "--lifetime: 1 to 3650" in refusal(*options, "--lifetime", "0")
    rotate(*options, "--lifetime", "30")
    old, new = cast.ci.tokens.order_by("pk")
    assert old.is_replaced and not new.is_replaced
    assert new.expires_at is not None
    lasts = new.expires_at - new.created_at
    assert abs(lasts - timedelta(days=30)) < timedelta(minutes=1)
    assert logs_in(endpoint, cast.ci, (folder / "acme+ci.token").read_text())


def test_each_robot_gets_a_file_and_an_event(
    cast: Cast, folder: Path, capsys: Captured
) -> None:
    before = AuditEvent.objects.count()
    rotate("--all", "--grace", "60", "--secrets-dir", str(folder), "--json")
    told = json.loads(capsys.readouterr().out)
    assert told.pop("old_tokens_end") > timezone.now().isoformat()
    assert told == {
        "rotated": ["acme+ci", "acme+reader"],
        "left": {},
        "grace": 60,
        "files": [f"{folder}/acme+ci.token", f"{folder}/acme+reader.token"],
        "dry_run": False,
    }
    assert in_folder(folder) == ["acme+ci.token", "acme+reader.token"]
    events = AuditEvent.objects.order_by("id")[before:]
    assert [(event.kind, event.performer_name, event.facts) for event in events] == [
        (
            "regenerate_robot_token",
            "manage.py rotate_tokens",
            {"robot": name, "grace": 60},
        )
        for name in ("ci", "reader")
    ]


def test_no_token_is_printed_or_audited(
    cast: Cast, folder: Path, capsys: Captured
) -> None:
    rotate("--all", "--grace", "60", "--secrets-dir", str(folder))
    shown = capsys.readouterr()
    audited = json.dumps(list(AuditEvent.objects.values()), default=str)
    for path in folder.iterdir():
        assert path.read_text() not in shown.out + shown.err + audited


def test_a_kubernetes_secret_logs_in(
    cast: Cast, endpoint: Endpoint, folder: Path, settings: Settings
) -> None:
    settings.REGISTRY_HOSTNAME = "registry.example.com:5000"
    options = ("--format", "kubernetes", "--secrets-dir", str(folder))
    rotate("--robot", "acme+ci", "--grace", "60", *options)
    assert in_folder(folder) == ["acme+ci.yaml"]
    secret = yaml.safe_load((folder / "acme+ci.yaml").read_text())
    config = secret["data"].pop(".dockerconfigjson")
    assert secret == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "acme-ci-pull-secret"},
        "data": {},
        "type": "kubernetes.io/dockerconfigjson",
    }
    auths = json.loads(decoded(config))["auths"]
    name, _, token = decoded(auths["registry.example.com:5000"]["auth"]).partition(":")
    assert name == "acme+ci"
    assert logs_in(endpoint, cast.ci, token)


def test_a_docker_config_logs_in(cast: Cast, endpoint: Endpoint, folder: Path) -> None:
    options = ("--format", "docker", "--secrets-dir", str(folder))
    rotate("--robot", "acme+ci", "--grace", "60", *options)
    assert in_folder(folder) == ["acme+ci.json"]
    config = json.loads((folder / "acme+ci.json").read_text())
    [login] = [auth["auth"] for auth in config["auths"].values()]
    assert logs_in(endpoint, cast.ci, decoded(login).partition(":")[2])


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def test_only_old_tokens_are_rotated(
    cast: Cast, folder: Path, capsys: Captured
) -> None:
    grow_old(cast.ci, 91)
    grow_old(cast.reader, 89)
    both, _ = factories.robot(cast.acme, "both")
    grow_old(both, 200)
    add_token(both, factories.BY)
    options = ("--all", "--older-than", "90", "--grace", "60")
    assert rotate(*options, "--secrets-dir", str(folder)) == 0
    assert capsys.readouterr().out.endswith(
        "  acme+ci\nLeft as they are: 2 young enough.\n"
    )
    assert in_folder(folder) == ["acme+ci.token"]
    # As a cron job: nothing to do, and no complaint about the file of the last time.
    with unchanged():
        assert rotate(*options, "--secrets-dir", str(folder)) == 0
    assert capsys.readouterr().out == (
        "Rotated the tokens of 0 robots.\nLeft as they are: 3 young enough.\n"
    )


def test_what_ends_soon_does_not_count_as_new_when_it_has_ended(
    cast: Cast, folder: Path
) -> None:
    grow_old(cast.ci, 91)
    ended = add_token(cast.ci, factories.BY, timezone.now() + timedelta(hours=1)).token
    RobotToken.objects.filter(pk=ended.pk).update(expires_at=timezone.now())
    options = ("--older-than", "90", "--grace", "60", "--secrets-dir", str(folder))
    rotate("--robot", "acme+ci", *options)
    assert in_folder(folder) == ["acme+ci.token"]


def test_who_cannot_log_in_with_a_static_token_keeps_what_there_is(
    cast: Cast, folder: Path, capsys: Captured
) -> None:
    for name in ("off", "over", "keyless"):
        factories.robot(cast.acme, name)
    Robot.objects.filter(name="off").update(enabled=False)
    Robot.objects.filter(name="over").update(expires_at=timezone.now())
    keyless = RobotToken.objects.filter(robot__name="keyless")
    in_an_hour = timezone.now() + timedelta(hours=1)
    keyless.update(origin=TokenOrigin.FEDERATED, expires_at=in_an_hour, sealed=None)
    before = list(RobotToken.objects.exclude(robot=cast.ci).order_by("pk").values())
    rotate(
        *("--robot", "acme+ci", "acme+o*", "--robot", "acme+keyl?ss"),
        *("--grace", "60", "--secrets-dir", str(folder), "--json"),
    )
    told = json.loads(capsys.readouterr().out)
    assert told["rotated"] == ["acme+ci"]
    assert told["left"] == {"disabled": 1, "expired": 1, "keyless": 1}
    after = RobotToken.objects.exclude(robot=cast.ci).order_by("pk")
    assert list(after.values()) == before


def test_a_dry_run_changes_nothing_and_exits_with_3(
    cast: Cast, folder: Path, capsys: Captured
) -> None:
    with unchanged():
        assert rotate("--namespace", "acme", "--grace", "60", "--dry-run") == 3
    assert capsys.readouterr().out == (
        "Would rotate the tokens of 2 robots.\n  acme+ci\n  acme+reader\n"
    )
    options = ("--all", "--grace", "60", "--dry-run", "--json")
    with unchanged():
        assert rotate(*options, "--secrets-dir", str(folder)) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["rotated"] == ["acme+ci", "acme+reader"]
    assert (told["files"], told["old_tokens_end"], told["dry_run"]) == ([], None, True)
    with unchanged():
        assert rotate(*options, "--older-than", "1") == 0
    assert in_folder(folder) == []


def test_a_namespace_is_a_limit(cast: Cast, folder: Path) -> None:
    other = factories.organization("other")
    factories.robot(other, "ci")
    options = ("--grace", "60", "--secrets-dir", str(folder))
    rotate("--namespace", "other", "--robot", "*+ci", *options)
    assert in_folder(folder) == ["other+ci.token"]


def test_a_file_that_exists_is_refused_before_anything_changes(
    cast: Cast, folder: Path
) -> None:
    there = folder / "acme+reader.token"
    there.write_text("precious")
    options = ("--all", "--grace", "60", "--secrets-dir", str(folder))
    said = f"--secrets-dir: {there} exists already"
    assert refusal(*options) == said
    assert refusal(*options, "--dry-run") == said
    there.unlink()
    there.symlink_to(folder / "nowhere")
    assert refusal(*options) == said
    assert [path.name for path in folder.iterdir()] == [there.name]


def test_files_that_were_written_go_when_a_later_one_cannot_be(
    cast: Cast, folder: Path
) -> None:
    # With 250 characters the name of the robot is good, that of its file too long.
    longest, _ = factories.robot(cast.acme, "z" * 246)
    options = ("--all", "--grace", "60", "--secrets-dir", str(folder))
    assert "File name too long" in refusal(*options)
    assert in_folder(folder) == []


def test_two_robots_of_one_kubernetes_secret_are_refused(
    cast: Cast, folder: Path
) -> None:
    factories.robot(cast.acme, "a.b")
    factories.robot(cast.acme, "a-b")
    options = ("--robot", "acme+a*", "--grace", "60", "--secrets-dir", str(folder))
    assert refusal(*options, "--format", "kubernetes") == (
        "acme+a-b and acme+a.b would both be the Kubernetes Secret"
        " acme-a-b-pull-secret: rotate one of them in another format"
    )
    assert in_folder(folder) == []
    rotate(*options)
    assert in_folder(folder) == ["acme+a-b.token", "acme+a.b.token"]


def test_one_robot_with_too_many_tokens_stops_all(
    cast: Cast, folder: Path, settings: Settings
) -> None:
    settings.ROBOT_MAX_TOKENS = 1
    options = ("--all", "--grace", "60")
    said = (
        "Robot acme+ci has 1 live tokens already, the most that ROBOT_MAX_TOKENS"
        " allows: delete one first"
    )
    assert refusal(*options, "--secrets-dir", str(folder)) == said
    assert refusal(*options, "--dry-run") == said
    assert in_folder(folder) == []
    rotate("--all", "--grace", "0", "--secrets-dir", str(folder))
    assert RobotToken.objects.count() == 2


def test_a_command_gets_the_tokens_before_they_are_stored(
    cast: Cast, endpoint: Endpoint, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    rotate(
        "--all", "--grace", "0", "--tokens-command", f"cat > {shlex.quote(str(kept))}"
    )
    tokens: dict[str, Any] = json.loads(kept.read_text())
    assert tokens.keys() == {"acme+ci", "acme+reader"}
    assert logs_in(endpoint, cast.ci, tokens["acme+ci"])


def test_a_delivery_that_fails_leaves_every_token(
    cast: Cast, endpoint: Endpoint, capsys: Captured
) -> None:
    failing = f"{sys.executable} -c 'import sys; print(sys.stdin.read()); sys.exit(7)'"
    said = refusal("--all", "--grace", "0", "--tokens-command", failing)
    assert "exit code 7" in said
    assert capsys.readouterr() == ("", "")
    assert logs_in(endpoint, cast.ci, cast.ci_secret)
    assert logs_in(endpoint, cast.reader, cast.reader_secret)


def test_one_file_has_all_tokens(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    rotate("--all", "--grace", "0", "--tokens-file", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()).keys() == {"acme+ci", "acme+reader"}
    assert "exists already" in refusal(
        "--all", "--grace", "0", "--tokens-file", str(path)
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "Say which robots: --namespace, --robot or both; or --all"),
        ("--all --namespace acme", "Say which robots: --namespace, --robot or both;"),
        ("--older-than 90", "Say which robots: --namespace, --robot or both; or --all"),
        ("--namespace no", "There is no namespace no"),
        ("--robot acme+no", "There is no robot account acme+no"),
        ("--robot ci", "ci: robots are named in full, such as acme+ci or acme+ci-*"),
        ("--all --grace -1", "grace: 0 to 604800 seconds"),
        ("--all --grace 604801", "grace: 0 to 604800 seconds"),
        ("--all --older-than 0", "--older-than: 1 to 3650 days"),
        ("--all --older-than 3651", "--older-than: 1 to 3650 days"),
        ("--all --secrets-dir no/such", "--secrets-dir: no/such is no folder"),
        ("--all --tokens-file a --secrets-dir b", "Use one of --secrets-dir and"),
    ],
)
def test_what_is_not_clear_is_refused(cast: Cast, arguments: str, said: str) -> None:
    grace = () if "--grace" in arguments else ("--grace", "60")
    where = () if "dir" in arguments else ("--tokens-command", "false")
    assert refusal(*arguments.split(), *grace, *where).startswith(said)


def test_somewhere_the_tokens_must_go(cast: Cast) -> None:
    assert refusal("--all", "--grace", "60") == (
        "Say where new tokens go: --secrets-dir, --tokens-file or --tokens-command"
    )


def test_the_grace_has_to_be_said(cast: Cast) -> None:
    assert "--grace" in refusal_of_usage("--all", "--tokens-command", "false")


def refusal_of_usage(*arguments: str) -> str:
    with unchanged(), pytest.raises(CommandError) as caught:
        call_command("rotate_tokens", *arguments)
    return str(caught.value)
