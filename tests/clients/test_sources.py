"""Where quaysite-login finds the OIDC token, and in which order."""

from pathlib import Path

import pytest

from tests.clients.program import JWT, Program
from tests.clients.servers import Answer, Server, serving

OTHER = "eyJhbGciOiJSUzI1NiJ9.eyJvdGhlciI6InllcyJ9.b3RoZXI"
PRINT = ("--robot", "acme+ci", "--print-token")

GITHUB_ANSWER = {"count": 1, "value": JWT}


def sent(quaysite: Server) -> str:
    """The OIDC token that was offered for exchange."""
    (request,) = quaysite.requests
    (token,) = request.form()["subject_token"]
    return token


def test_a_named_file_is_read(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(f"{JWT}\n")
    run = program.run(
        *("--url", quaysite.url, *PRINT, "--token-file", str(tmp_path / "token"))
    )
    assert run.code == 0, run.err
    assert sent(quaysite) == JWT


def test_standard_input_is_read(program: Program, quaysite: Server) -> None:
    options = ("--url", quaysite.url, *PRINT, "--token-file", "-")
    assert program.run(*options, stdin=f"{JWT}\n").code == 0
    assert sent(quaysite) == JWT


@pytest.mark.parametrize(
    ("variable", "options"),
    [
        pytest.param("QUAYSITE_OIDC_TOKEN", (), id="ours"),
        pytest.param("MY_TOKEN", ("--token-env", "MY_TOKEN"), id="a named one"),
        pytest.param("QUAYSITE_ID_TOKEN", (), id="of GitLab"),
        pytest.param("CIRCLE_OIDC_TOKEN_V2", (), id="of CircleCI"),
    ],
)
def test_a_variable_is_read(
    program: Program, quaysite: Server, variable: str, options: tuple[str, ...]
) -> None:
    run = program.run("--url", quaysite.url, *PRINT, *options, **{variable: JWT})
    assert run.code == 0, run.err
    assert sent(quaysite) == JWT


@pytest.mark.parametrize(
    ("options", "audience"),
    [
        pytest.param((), None, id="the address of Quaysite"),
        pytest.param(("--audience", "a b&c"), "a+b%26c", id="a named one"),
    ],
)
def test_github_is_asked_for_a_token_with_our_audience(
    program: Program, quaysite: Server, options: tuple[str, ...], audience: str | None
) -> None:
    with serving(Answer(body=GITHUB_ANSWER)) as github:
        run = program.run(
            *("--url", quaysite.url, *PRINT, *options),
            ACTIONS_ID_TOKEN_REQUEST_URL=f"{github.url}/token?api-version=2.0",
            ACTIONS_ID_TOKEN_REQUEST_TOKEN="runner-secret",
        )
    assert run.code == 0, run.err
    (asked,) = github.requests
    wanted = audience or quaysite.url.replace(":", "%3A").replace("/", "%2F")
    assert asked.path == f"/token?api-version=2.0&audience={wanted}"
    assert (asked.method, asked.headers["Authorization"]) == (
        "GET",
        "Bearer runner-secret",
    )
    assert sent(quaysite) == JWT


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(Answer(403, {"value": JWT}), "status 403", id="refused"),
        pytest.param(Answer(200, {"value": 7}), "status 200", id="a number"),
        pytest.param(Answer(200, b"<html>"), "status 200", id="no JSON"),
        pytest.param(Answer(200, [JWT]), "status 200", id="a list"),
        pytest.param(
            Answer(302, b"", {"Location": "http://127.0.0.1:1/"}),
            "status 302",
            id="a redirect",
        ),
    ],
)
def test_github_giving_no_token_is_told(
    program: Program, quaysite: Server, answer: Answer, told: str
) -> None:
    with serving(answer) as github:
        run = program.run(
            *("--url", quaysite.url, *PRINT),
            ACTIONS_ID_TOKEN_REQUEST_URL=f"{github.url}/token",
            ACTIONS_ID_TOKEN_REQUEST_TOKEN="runner-secret",
        )
    assert (run.code, told in run.err) == (1, True), run.err
    assert quaysite.requests == []


def test_the_runners_secret_goes_to_no_plain_address(
    program: Program, quaysite: Server
) -> None:
    run = program.run(
        *("--url", quaysite.url, *PRINT, "--insecure-http"),
        ACTIONS_ID_TOKEN_REQUEST_URL="http://192.0.2.1/token",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN="runner-secret",
    )
    assert run.code == 2
    assert "ACTIONS_ID_TOKEN_REQUEST_URL must begin with https://" in run.err


def test_the_token_of_a_pod_is_found_where_the_recipe_mounts_it(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    program.looking_in(tmp_path, instead_of="/var/run/secrets/quaysite")
    (tmp_path / "token").write_text(JWT)
    assert program.run("--url", quaysite.url, *PRINT).code == 0
    assert sent(quaysite) == JWT


def test_buildkites_agent_is_asked_for_our_audience_and_for_ids(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    program.put_in_path("buildkite-agent", f'echo "$@" > {tmp_path}/asked; echo {JWT}')
    run = program.run("--url", quaysite.url, *PRINT, BUILDKITE="true")
    assert run.code == 0, run.err
    asked = (tmp_path / "asked").read_text().split()
    ids = ["--claim", "organization_id,pipeline_id"]
    assert asked == ["oidc", "request-token", *ids, "--audience", quaysite.url]
    assert sent(quaysite) == JWT


@pytest.mark.parametrize(
    ("script", "code"),
    [
        pytest.param("exit 4", 1, id="it fails"),
        pytest.param("echo no token today", 3, id="it prints something else"),
        pytest.param("printf '\\377\\376'", 3, id="it prints no text"),
    ],
)
def test_buildkites_agent_giving_no_token_is_told(
    program: Program, quaysite: Server, script: str, code: int
) -> None:
    program.put_in_path("buildkite-agent", script)
    run = program.run("--url", quaysite.url, *PRINT, BUILDKITE="true")
    assert (run.code, "buildkite" in run.err) == (code, True)
    assert quaysite.requests == []


def test_a_missing_buildkite_agent_is_told(program: Program, quaysite: Server) -> None:
    run = program.run("--url", quaysite.url, *PRINT, BUILDKITE="true", PATH="/none")
    assert (run.code, "Cannot run buildkite-agent" in run.err) == (1, True)


def test_the_file_comes_before_the_variables_and_ours_before_gitlabs(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(JWT)
    options = ("--url", quaysite.url, *PRINT)
    file = ("--token-file", str(tmp_path / "token"))
    program.run(*options, *file, QUAYSITE_OIDC_TOKEN=OTHER)
    program.run(*options, QUAYSITE_OIDC_TOKEN=JWT, QUAYSITE_ID_TOKEN=OTHER)
    tokens = [request.form()["subject_token"] for request in quaysite.requests]
    assert tokens == [[JWT], [JWT]]


def test_a_named_source_is_the_only_one_tried(
    program: Program, quaysite: Server
) -> None:
    run = program.run(
        *("--url", quaysite.url, *PRINT, "--source", "gitlab"),
        QUAYSITE_OIDC_TOKEN=JWT,
    )
    assert (run.code, "No OIDC token found in: gitlab" in run.err) == (3, True)
    assert quaysite.requests == []


@pytest.mark.parametrize(
    ("variables", "hint"),
    [
        pytest.param({}, "--token-file", id="anywhere"),
        pytest.param({"GITHUB_ACTIONS": "true"}, "id-token: write", id="GitHub"),
        pytest.param({"GITLAB_CI": "true"}, "id_tokens", id="GitLab"),
    ],
)
def test_without_a_token_the_cure_is_told(
    program: Program, quaysite: Server, variables: dict[str, str], hint: str
) -> None:
    run = program.run("--url", quaysite.url, *PRINT, **variables)
    assert (run.code, hint in run.err) == (3, True), run.err
    assert quaysite.requests == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not a token", id="words"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(JWT.encode() + b"\r\nX-Evil: 1", id="two lines"),
        pytest.param("eyJ\u0142.e30.x".encode(), id="other letters"),
    ],
)
def test_what_is_no_jwt_is_never_sent(
    program: Program, quaysite: Server, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "token").write_bytes(content)
    file = ("--token-file", str(tmp_path / "token"))
    run = program.run("--url", quaysite.url, *PRINT, *file)
    assert (run.code, "not a JWT" in run.err) == (3, True), run.err
    assert quaysite.requests == []


@pytest.mark.parametrize("name", ["missing", "."], ids=["missing", "a folder"])
def test_a_file_that_cannot_be_read_is_named(
    program: Program, quaysite: Server, tmp_path: Path, name: str
) -> None:
    file = str(tmp_path / name)
    run = program.run("--url", quaysite.url, *PRINT, "--token-file", file)
    assert (run.code, f"Cannot read {file}" in run.err) == (3, True)


def test_what_standard_input_has_is_no_jwt_either(
    program: Program, quaysite: Server
) -> None:
    options = ("--url", quaysite.url, *PRINT, "--token-file", "-")
    assert program.run(*options, stdin=b"\xff\xfe").code == 3
    assert quaysite.requests == []
