"""What quaysite-login asks of Quaysite, and how it takes the answer."""

import time
from pathlib import Path

import pytest

from tests.clients.program import JWT, Program
from tests.clients.servers import (
    ROBOT_TOKEN,
    Answer,
    Server,
    certified,
    granted,
    serving,
)

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
OPTIONS = ("--robot", "acme+ci", "--print-token")


def test_it_asks_in_the_form_of_rfc_8693(program: Program, quaysite: Server) -> None:
    run = program.run("--url", f"{quaysite.url}/", *OPTIONS, QUAYSITE_OIDC_TOKEN=JWT)
    assert (run.code, run.out) == (0, f"{ROBOT_TOKEN}\n")
    (request,) = quaysite.requests
    assert (request.method, request.path) == ("POST", "/oauth2/token")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.form() == {
        "grant_type": [TOKEN_EXCHANGE],
        "subject_token": [JWT],
        "subject_token_type": [JWT_TYPE],
        "audience": ["acme+ci"],
    }


def test_the_token_is_printed_as_json_on_request(
    program: Program, quaysite: Server
) -> None:
    run = program.run(
        "--url", quaysite.url, *OPTIONS, "--json", QUAYSITE_OIDC_TOKEN=JWT
    )
    assert run.json() == {"token": ROBOT_TOKEN, "expires_in": 3600}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(
            Answer(400, {"error": "invalid_request", "error_description": "No robot"}),
            "No robot (status 400)",
            id="RFC 6749",
        ),
        pytest.param(
            Answer(401, {"error": "invalid_grant", "message": "No match"}),
            "No match (status 401)",
            id="Quay",
        ),
        pytest.param(
            Answer(400, {"error": "invalid_request"}), "invalid_request", id="a code"
        ),
        pytest.param(Answer(502, b"<html>oops</html>"), "status 502", id="a proxy"),
        pytest.param(Answer(500, [1]), "status 500", id="a list"),
        pytest.param(Answer(400, {"error": {"a": 1}}), "status 400", id="an object"),
        pytest.param(
            Answer(307, b"", {"Location": "/oauth2/token"}), "redirects", id="307"
        ),
        pytest.param(
            Answer(302, b"", {"Location": "https://example.com/"}),
            "redirects",
            id="302",
        ),
        pytest.param(Answer(200, {}), "answered without a token", id="no token"),
        pytest.param(Answer(200, b"{"), "answered without a token", id="half JSON"),
        pytest.param(
            Answer(200, b"[" * 60_000), "answered without a token", id="deep JSON"
        ),
        pytest.param(granted(token="a b"), "answered without a token", id="a space"),
        pytest.param(granted(token=""), "answered without a token", id="empty"),
        pytest.param(Answer(204, b""), "status 204", id="no content"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_1(
    program: Program, answer: Answer, told: str
) -> None:
    with serving(answer) as quaysite:
        run = program.run("--url", quaysite.url, *OPTIONS, QUAYSITE_OIDC_TOKEN=JWT)
        assert len(quaysite.requests) == 1
    assert (run.code, run.out) == (1, "")
    assert told in run.err
    assert run.err.startswith("quaysite-login: ") and run.err.count("\n") == 1


def test_errors_are_json_on_request(program: Program) -> None:
    with serving(Answer(400, {"error_description": "No"})) as quaysite:
        run = program.run(
            "--url", quaysite.url, *OPTIONS, "--json", QUAYSITE_OIDC_TOKEN=JWT
        )
    assert (run.code, run.err) == (
        1,
        f'{{"error": "{quaysite.url} refused the token: No (status 400)"}}\n',
    )


def test_an_answer_that_repeats_the_token_does_not_reach_the_log(
    program: Program,
) -> None:
    answer = Answer(400, {"error_description": f"Bad {JWT}\x1b[31m\n" + "x" * 5000})
    with serving(answer) as quaysite:
        run = program.run("--url", quaysite.url, *OPTIONS, QUAYSITE_OIDC_TOKEN=JWT)
    assert "Bad *** [31m xxx" in run.err
    assert len(run.err) < 500


@pytest.mark.parametrize(
    "lifetime", [None, "soon", True, -5, 1.5], ids=["null", "text", "true", "-5", "1.5"]
)
def test_a_lifetime_that_is_none_is_not_known(
    program: Program, lifetime: object
) -> None:
    with serving(granted(lifetime=lifetime)) as quaysite:
        run = program.run(
            "--url", quaysite.url, *OPTIONS, "--json", QUAYSITE_OIDC_TOKEN=JWT
        )
    assert run.json() == {"token": ROBOT_TOKEN, "expires_in": 0}


def test_nobody_listening_is_told(program: Program) -> None:
    run = program.run("--url", "http://127.0.0.1:1", *OPTIONS, QUAYSITE_OIDC_TOKEN=JWT)
    assert run.code == 1
    assert "No answer from 127.0.0.1:1: [Errno" in run.err


def test_no_answer_in_time_is_told(program: Program) -> None:
    drip = Answer(body=b" " * 10_000, drip=True)
    began = time.monotonic()
    with serving(drip) as quaysite:
        run = program.run(
            *("--url", quaysite.url, *OPTIONS, "--timeout", "1.5"),
            QUAYSITE_OIDC_TOKEN=JWT,
        )
    assert (run.code, "longer than 1.5 seconds" in run.err) == (1, True), run.err
    assert time.monotonic() - began < 15


def test_a_huge_answer_is_not_read_to_its_end(program: Program) -> None:
    with serving(Answer(200, b" " * 10_000_000)) as quaysite:
        run = program.run("--url", quaysite.url, *OPTIONS, QUAYSITE_OIDC_TOKEN=JWT)
    assert (run.code, "without a token" in run.err) == (1, True)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    program: Program, tmp_path: Path
) -> None:
    context, _ = certified(tmp_path)
    with serving(granted(), context) as quaysite:
        run = program.run("--url", quaysite.url, *OPTIONS, QUAYSITE_OIDC_TOKEN=JWT)
        assert quaysite.requests == []
    assert (run.code, "CERTIFICATE_VERIFY_FAILED" in run.err) == (1, True), run.err


def test_a_ca_file_vouches_for_a_certificate(program: Program, tmp_path: Path) -> None:
    context, ca_file = certified(tmp_path)
    with serving(granted(), context) as quaysite:
        run = program.run(
            *("--url", quaysite.url, *OPTIONS, "--ca-file", str(ca_file)),
            QUAYSITE_OIDC_TOKEN=JWT,
        )
    assert (run.code, run.out) == (0, f"{ROBOT_TOKEN}\n"), run.err


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "words"])
def test_a_ca_file_without_certificates_is_named(
    program: Program, quaysite: Server, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "other.pem"
    if content:
        file.write_text(content)
    run = program.run(
        *("--url", quaysite.url, *OPTIONS, "--ca-file", str(file)),
        QUAYSITE_OIDC_TOKEN=JWT,
    )
    assert (run.code, f"Cannot read {file}" in run.err) == (2, True)


def test_no_proxy_sees_what_goes_to_this_machine(
    program: Program, quaysite: Server
) -> None:
    with serving(Answer(500)) as proxy:
        run = program.run(
            *("--url", quaysite.url, *OPTIONS),
            QUAYSITE_OIDC_TOKEN=JWT,
            http_proxy=proxy.url,
        )
        assert proxy.requests == []
    assert run.code == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param((), "--url", id="no address"),
        pytest.param(("--url", "http://192.0.2.1"), "https://", id="plain http"),
        pytest.param(("--url", "ftp://example.com"), "https://", id="ftp"),
        pytest.param(("--url", "quay.example.com"), "--url", id="no scheme"),
        pytest.param(("--url", "https://"), "--url", id="no host"),
        pytest.param(("--url", "https://[::1"), "--url", id="half a host"),
        pytest.param(("--url", "https://example.com:x"), "--url", id="no port"),
        pytest.param(("--url", "https://me@example.com"), "--url", id="a user"),
        pytest.param(("--url", "https://example.com?a=b"), "--url", id="a query"),
        pytest.param(("--url", "https://example.com#a"), "--url", id="a fragment"),
        pytest.param(
            ("--url", "https://example.com", "--source", "moon"),
            "file, env, github",
            id="an unknown source",
        ),
        pytest.param(
            ("--url", "https://example.com", "--timeout", "0"), "--timeout", id="0 s"
        ),
        pytest.param(
            ("--url", "https://example.com", "--timeout", "nan"), "--timeout", id="nan"
        ),
        pytest.param(
            ("--url", "https://example.com", "--registry", "a.example/b"),
            "--registry",
            id="a path",
        ),
        pytest.param(
            ("--url", "https://example.com", "--print-token", "--no-exchange"),
            "--no-exchange",
            id="print the OIDC token",
        ),
    ],
)
def test_what_cannot_be_is_named_with_exit_code_2(
    program: Program, options: tuple[str, ...], told: str
) -> None:
    run = program.run("--robot", "acme+ci", *options, QUAYSITE_OIDC_TOKEN=JWT)
    assert (run.code, run.out) == (2, "")
    assert told in run.err


@pytest.mark.parametrize(
    "robot",
    ["", "acme", "acme+", "+ci", "acme+ci:x", "a cme+ci", "acme+ci\n", "a+\udcff"],
)
def test_a_robot_is_named_in_full(
    program: Program, quaysite: Server, robot: str
) -> None:
    run = program.run(
        *("--url", quaysite.url, "--robot", robot), QUAYSITE_OIDC_TOKEN=JWT
    )
    assert (run.code, "--robot" in run.err) == (2, True)
    assert quaysite.requests == []


def test_plain_http_elsewhere_is_possible_on_request(program: Program) -> None:
    # 192.0.2.0/24 is nobody's (RFC 5737): what counts is that it was tried.
    run = program.run(
        *("--url", "http://192.0.2.1", *OPTIONS, "--insecure-http", "--timeout", "0.5"),
        QUAYSITE_OIDC_TOKEN=JWT,
    )
    assert run.code == 1
    assert "--insecure-http" not in run.err


def test_everything_can_be_said_in_the_environment(
    program: Program, quaysite: Server, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(JWT)
    run = program.run(
        "--print-token",
        QUAYSITE_URL=quaysite.url,
        QUAYSITE_ROBOT="acme+deploy",
        QUAYSITE_TOKEN_FILE=str(tmp_path / "token"),
        QUAYSITE_SOURCE="file",
    )
    assert run.code == 0, run.err
    assert quaysite.requests[0].form()["audience"] == ["acme+deploy"]
