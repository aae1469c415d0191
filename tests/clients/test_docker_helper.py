"""The script as docker-credential-quaysite: docker's protocol of credential helpers.

Docker's client takes the outcome from the exit code and from standard output, errors
too (github.com/docker/docker-credential-helpers, client/client.go).
"""

import json
from pathlib import Path

import pytest

from tests.clients.program import DOCKER_HELPER, JWT, Program, Run
from tests.clients.servers import ROBOT_TOKEN, Answer, Server, granted, serving


def call(
    program: Program,
    quaysite: Server,
    action: str,
    stdin: str = "",
    **variables: str,
) -> Run:
    settings = {
        "QUAYSITE_URL": quaysite.url,
        "QUAYSITE_ROBOT": "acme+ci",
        "QUAYSITE_REGISTRIES": "registry.example.com other.example.com:5000",
        "QUAYSITE_OIDC_TOKEN": JWT,
        **variables,
    }
    return program.run(action, called=DOCKER_HELPER, stdin=stdin, **settings)


@pytest.mark.parametrize(
    "server",
    [
        "registry.example.com",
        "https://registry.example.com",
        "https://registry.example.com/v2/",
        "registry.example.com/acme/web",
        "other.example.com:5000\n",
    ],
)
def test_get_exchanges_and_answers(
    program: Program, quaysite: Server, server: str
) -> None:
    run = call(program, quaysite, "get", server)
    assert run.code == 0, run.out
    assert run.json() == {
        "ServerURL": server.strip(),
        "Username": "acme+ci",
        "Secret": ROBOT_TOKEN,
    }


def test_each_get_is_an_exchange_of_its_own_and_leaves_nothing_behind(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    for token in ("qsf_FIRST", "qsf_SECOND"):
        quaysite.answer = granted(token)
        found = call(program, quaysite, "get", "registry.example.com").json()
        assert found["Secret"] == token
    assert [path.name for path in tmp_path.iterdir()] == ["links"]


@pytest.mark.parametrize(
    "server",
    [
        "",
        "index.docker.io/v1/",
        "https://index.docker.io/v1/",
        "registry.example.com.evil.example",
        "registry.example.com:443",
        "other.example.com",
        "https://evil.example/registry.example.com",
        "evil.example://registry",
        "evil.example/x://registry.example.com",
        "evil.example#://registry.example.com/",
        "https://evil.example://registry.example.com",
        "https://registry.example.com/x://evil.example",
        "https://https://registry.example.com",
        "https://user@registry.example.com",
        "ftp://registry.example.com",
        "http://registry.example.com",
        "HTTPS://registry.example.com",
        "://registry.example.com",
        "/registry.example.com",
    ],
)
def test_get_for_another_registry_finds_nothing(
    program: Program, quaysite: Server, server: str
) -> None:
    run = call(program, quaysite, "get", server)
    assert (run.code, run.out) == (1, "credentials not found in native keychain\n")
    assert quaysite.requests == []


def test_the_host_of_the_address_is_a_registry_if_none_is_named(
    program: Program, quaysite: Server
) -> None:
    run = call(program, quaysite, "get", quaysite.host, QUAYSITE_REGISTRIES="")
    assert run.json()["Username"] == "acme+ci"


def test_a_refusal_is_told_on_standard_output(program: Program) -> None:
    with serving(Answer(400, {"error_description": "No match"})) as quaysite:
        run = call(program, quaysite, "get", "registry.example.com")
    assert (run.code, run.err) == (1, "")
    assert "No match" in run.out


def test_a_job_without_a_token_is_told(program: Program, quaysite: Server) -> None:
    run = call(program, quaysite, "get", "registry.example.com", QUAYSITE_OIDC_TOKEN="")
    assert (run.code, "No OIDC token found" in run.out) == (3, True)


def test_without_an_exchange_the_secret_is_the_oidc_token(
    program: Program, quaysite: Server
) -> None:
    program.may_show_secret = True
    run = call(
        *(program, quaysite, "get", "registry.example.com"),
        QUAYSITE_NO_EXCHANGE="true",
    )
    assert run.json()["Secret"] == JWT
    assert quaysite.requests == []


def test_list_names_the_registries_and_asks_nobody(
    program: Program, quaysite: Server
) -> None:
    run = call(program, quaysite, "list", "unused")
    assert run.json() == {
        "registry.example.com": "acme+ci",
        "other.example.com:5000": "acme+ci",
    }
    assert quaysite.requests == []


def test_store_fails_since_nothing_is_kept(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    login = {"ServerURL": "registry.example.com", "Username": "me", "Secret": "x"}
    run = call(program, quaysite, "store", json.dumps(login))
    assert (run.code, "keeps no passwords" in run.out) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["links"]


def test_erase_has_nothing_to_do(program: Program, quaysite: Server) -> None:
    run = call(program, quaysite, "erase", "registry.example.com")
    assert (run.code, run.out, run.err) == (0, "", "")


def test_version_is_told(program: Program, quaysite: Server) -> None:
    run = call(program, quaysite, "version")
    assert (run.code, run.out) == (0, "docker-credential-quaysite 1\n")


@pytest.mark.parametrize("action", ["", "steal", "--help"])
def test_an_unknown_action_is_told(
    program: Program, quaysite: Server, action: str
) -> None:
    run = call(program, quaysite, action)
    assert (run.code, "Usage: docker-credential-quaysite get|store" in run.out) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("missing", "told"),
    [("QUAYSITE_URL", "QUAYSITE_URL"), ("QUAYSITE_ROBOT", "QUAYSITE_ROBOT")],
)
def test_what_is_not_configured_is_told(
    program: Program, quaysite: Server, missing: str, told: str
) -> None:
    run = call(program, quaysite, "get", "registry.example.com", **{missing: ""})
    assert (run.code, told in run.out) == (2, True)
