"""The auth file that quaysite-login writes: where, how, and beside what else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.program import JWT, SCRIPT, Program, logins
from tests.clients.servers import ROBOT_TOKEN, Server

LOGIN = f"acme+ci:{ROBOT_TOKEN}"
OTHERS: dict[str, Any] = {
    "auths": {"other.example.com": {"auth": "bWU6c2VjcmV0"}},
    "HttpHeaders": {"X-Meta": "1"},
}


def log_in(program: Program, quaysite: Server, *options: str, **variables: str) -> None:
    run = program.run(
        *("--url", quaysite.url, "--robot", "acme+ci", *options),
        QUAYSITE_OIDC_TOKEN=JWT,
        **variables,
    )
    assert run.code == 0, run.err


def test_the_login_is_for_the_host_of_the_address(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    log_in(program, quaysite, "--auth-file", str(auth_file))
    assert logins(auth_file) == {quaysite.host: LOGIN}


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        pytest.param(
            ("--registry", "a.example.com", "b.example.com:5000"), {}, id="one option"
        ),
        pytest.param(
            ("--registry", "a.example.com", "--registry", "b.example.com:5000"),
            {},
            id="two options",
        ),
        pytest.param(
            (),
            {"QUAYSITE_REGISTRIES": "a.example.com, b.example.com:5000"},
            id="variable",
        ),
        pytest.param(
            ("--registry", "a.example.com", "b.example.com:5000"),
            {"QUAYSITE_REGISTRIES": "c.example.com"},
            id="options before the variable",
        ),
    ],
)
def test_several_registries_may_be_named(
    program: Program,
    quaysite: Server,
    auth_file: Path,
    options: tuple[str, ...],
    variables: dict[str, str],
) -> None:
    log_in(program, quaysite, "--auth-file", str(auth_file), *options, **variables)
    assert logins(auth_file) == {"a.example.com": LOGIN, "b.example.com:5000": LOGIN}


def test_what_else_the_file_has_stays(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    auth_file.write_text(json.dumps(OTHERS))
    log_in(program, quaysite, "--auth-file", str(auth_file))
    written = json.loads(auth_file.read_text())
    assert written["auths"].pop(quaysite.host)
    assert written == OTHERS


def test_a_second_login_replaces_the_first(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    old = {"auths": {quaysite.host: {"auth": "b2xkOm9sZA==", "email": "old"}}}
    auth_file.write_text(json.dumps(old))
    log_in(program, quaysite, "--auth-file", str(auth_file))
    assert logins(auth_file) == {quaysite.host: LOGIN}


@pytest.mark.parametrize("mode", [None, 0o644], ids=["new", "was readable for all"])
def test_only_its_owner_can_read_it(
    program: Program, quaysite: Server, auth_file: Path, mode: int | None
) -> None:
    if mode:
        auth_file.write_text("{}")
        auth_file.chmod(mode)
    log_in(program, quaysite, "--auth-file", str(auth_file))
    assert auth_file.stat().st_mode & 0o777 == 0o600


def test_new_folders_are_their_owners_and_nothing_else_is_left_in_them(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    log_in(program, quaysite, "--auth-file", str(folder / "auth.json"))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == ["auth.json"]


def test_a_link_stays_one(
    program: Program, quaysite: Server, auth_file: Path, tmp_path: Path
) -> None:
    auth_file.symlink_to(tmp_path / "real.json")
    log_in(program, quaysite, "--auth-file", str(auth_file))
    assert auth_file.is_symlink()
    assert logins(tmp_path / "real.json") == {quaysite.host: LOGIN}


@pytest.mark.parametrize("content", ["", " \n"], ids=["empty", "blank"])
def test_an_empty_file_is_filled(
    program: Program, quaysite: Server, auth_file: Path, content: str
) -> None:
    auth_file.write_text(content)
    log_in(program, quaysite, "--auth-file", str(auth_file))
    assert logins(auth_file) == {quaysite.host: LOGIN}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"{", id="half JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff", id="no text"),
        pytest.param(b"[" * 100_000, id="deep JSON"),
        pytest.param(b'{"auths": []}', id="auths is a list"),
        pytest.param(b'{"auths": null}', id="auths is null"),
    ],
)
def test_what_is_no_auth_file_is_left_alone(
    program: Program, quaysite: Server, auth_file: Path, content: bytes
) -> None:
    auth_file.write_bytes(content)
    run = program.run(
        *("--url", quaysite.url, "--robot", "acme+ci", "--auth-file", str(auth_file)),
        QUAYSITE_OIDC_TOKEN=JWT,
    )
    assert (run.code, f"{auth_file} is no auth file" in run.err) == (1, True), run.err
    assert auth_file.read_bytes() == content


def test_where_it_cannot_write_is_named(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "auth.json"
    run = program.run(
        *("--url", quaysite.url, "--robot", "acme+ci", "--auth-file", str(path)),
        QUAYSITE_OIDC_TOKEN=JWT,
    )
    assert (run.code, f"Cannot write {path}" in run.err) == (1, True), run.err


@pytest.mark.parametrize(
    ("options", "variables", "path"),
    [
        pytest.param(
            (), {"REGISTRY_AUTH_FILE": "named.json"}, "named.json", id="named"
        ),
        pytest.param(
            (), {"XDG_RUNTIME_DIR": "run"}, "run/containers/auth.json", id="podman's"
        ),
        pytest.param(
            (),
            {"XDG_RUNTIME_DIR": "run", "REGISTRY_AUTH_FILE": "named.json"},
            "named.json",
            id="named before podman's",
        ),
        pytest.param(("--docker-config",), {}, ".docker/config.json", id="docker's"),
        pytest.param(
            ("--docker-config",),
            {"DOCKER_CONFIG": "folder"},
            "folder/config.json",
            id="docker's, elsewhere",
        ),
        pytest.param(
            ("--docker-config", "~/mine"), {}, "mine/config.json", id="a folder"
        ),
        pytest.param(("--auth-file", "~/a.json"), {}, "a.json", id="in the home"),
    ],
)
def test_it_writes_where_the_clients_look(
    program: Program,
    quaysite: Server,
    tmp_path: Path,
    options: tuple[str, ...],
    variables: dict[str, str],
    path: str,
) -> None:
    placed = {name: str(tmp_path / value) for name, value in variables.items()}
    log_in(program, quaysite, *options, **placed)
    assert logins(tmp_path / path) == {quaysite.host: LOGIN}


def test_without_a_runtime_folder_it_writes_where_podman_does_as_root(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    program.looking_in(tmp_path, instead_of="/run/containers")
    log_in(program, quaysite)
    assert logins(tmp_path / str(os.getuid()) / "auth.json") == {quaysite.host: LOGIN}


def test_a_disk_that_is_full_costs_no_login(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    auth_file.write_text(json.dumps(OTHERS))
    # No file may get any bytes: what a full disk looks like to the script.
    limited = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", sys.executable, str(SCRIPT)]
    options = [
        "--url",
        quaysite.url,
        "--robot",
        "acme+ci",
        "--auth-file",
        str(auth_file),
    ]
    done = subprocess.run(
        [*limited, *options],
        env={**program.environment, "QUAYSITE_OIDC_TOKEN": JWT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, f"Cannot write {auth_file}" in done.stderr) == (1, True)
    assert json.loads(auth_file.read_text()) == OTHERS
    assert [path.name for path in auth_file.parent.iterdir()] == [auth_file.name]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"credsStore": "desktop"}, id="a store for all"),
        pytest.param({"credHelpers": {"quay.example.com": "x"}}, id="a helper for it"),
    ],
)
def test_a_login_that_docker_would_not_see_is_refused(
    program: Program, quaysite: Server, tmp_path: Path, content: dict[str, Any]
) -> None:
    config = tmp_path / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps(content))
    run = program.run(
        *("--url", quaysite.url, "--robot", "acme+ci", "--docker-config"),
        *("--registry", "quay.example.com"),
        QUAYSITE_OIDC_TOKEN=JWT,
    )
    assert (run.code, "credential helper" in run.err) == (1, True), run.err
    assert json.loads(config.read_text()) == content


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            {"credHelpers": {"other.example.com": "x"}}, id="another registry"
        ),
        pytest.param(
            {"credsStore": "x", "credHelpers": {"quay.example.com": ""}},
            id="none for it",
        ),
        pytest.param({"credHelpers": "x"}, id="nonsense"),
    ],
)
def test_helpers_for_others_do_not_matter(
    program: Program, quaysite: Server, tmp_path: Path, content: dict[str, Any]
) -> None:
    config = tmp_path / ".docker" / "config.json"
    config.parent.mkdir()
    config.write_text(json.dumps(content))
    log_in(program, quaysite, "--docker-config", "--registry", "quay.example.com")
    assert logins(config) == {"quay.example.com": LOGIN}


def test_many_at_a_time_lose_no_login(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    hosts = [f"r{number}.example.com" for number in range(8)]
    options = ["--url", quaysite.url, "--robot", "acme+ci", "--auth-file"]
    runs = [
        subprocess.Popen(
            [sys.executable, SCRIPT, *options, auth_file, "--registry", host],
            env={**os.environ, "QUAYSITE_OIDC_TOKEN": JWT},
            stdout=subprocess.DEVNULL,
        )
        for host in hosts
    ]
    assert [run.wait(timeout=60) for run in runs] == [0] * len(runs)
    assert sorted(logins(auth_file)) == hosts


def test_the_outcome_is_told_without_the_password(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    run = program.run(
        *("--url", quaysite.url, "--robot", "acme+ci", "--auth-file", str(auth_file)),
        QUAYSITE_OIDC_TOKEN=JWT,
    )
    told = f"acme+ci is logged in to {quaysite.host} for 3600 seconds: {auth_file}\n"
    assert (run.out, run.err) == (told, "")


def test_the_outcome_is_json_on_request(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    options = ("--url", quaysite.url, "--robot", "acme+ci", "--json")
    run = program.run(*options, "--auth-file", str(auth_file), QUAYSITE_OIDC_TOKEN=JWT)
    assert run.json() == {
        "robot": "acme+ci",
        "registries": [quaysite.host],
        "auth_file": str(auth_file),
        "expires_in": 3600,
    }


def test_without_an_exchange_the_oidc_token_is_the_password(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    log_in(program, quaysite, "--auth-file", str(auth_file), "--no-exchange")
    assert logins(auth_file) == {quaysite.host: f"acme+ci:{JWT}"}
    assert quaysite.requests == []


def test_print_token_writes_nothing(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    log_in(program, quaysite, "--print-token", XDG_RUNTIME_DIR=str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_where_to_write_can_be_said_once_only(
    program: Program, quaysite: Server, auth_file: Path
) -> None:
    run = program.run(
        *("--url", quaysite.url, "--robot", "acme+ci"),
        *("--auth-file", str(auth_file), "--print-token"),
        QUAYSITE_OIDC_TOKEN=JWT,
    )
    assert (run.code, auth_file.exists()) == (2, False)
