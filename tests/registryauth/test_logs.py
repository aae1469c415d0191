"""What is logged: enough to explain a refusal, and never a secret (case S-28)."""

import logging

import pytest

from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic

WEB = "repository:acme/web:pull,push,delete"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="registryauth")
    return caplog


def test_a_granted_request_is_logged_with_what_was_denied_and_why(
    cast: Cast, endpoint: Endpoint, log: pytest.LogCaptureFixture
) -> None:
    endpoint.get(WEB, "registry:catalog:*", login=basic("acme+ci", cast.ci_secret))
    (line,) = [r.getMessage() for r in log.records if r.name == "registryauth.issue"]
    assert line.startswith(
        "token sub=acme+ci method=static service=127.0.0.1:5000"
        " granted=[acme/web:pull,push]"
        " denied=[acme/web:delete: the role is too low] request="
    )


def test_a_refusal_is_logged_with_the_reason_that_the_client_is_not_told(
    cast: Cast, endpoint: Endpoint, log: pytest.LogCaptureFixture
) -> None:
    endpoint.get(WEB, login=basic("acme+ci", "WRONG"))
    (line,) = [r.getMessage() for r in log.records]
    assert line.startswith(
        "refused 'no live token of this robot has that digest' address=127.0.0.1"
    )


@pytest.mark.parametrize(
    "query",
    [{"scope": "x\nINFO:sub=root"}, {"service": "x\r\nINFO:sub=root"}],
    ids=["scope", "service"],
)
def test_nobody_writes_lines_of_their_own_into_the_log(
    query: dict[str, str], db: None, endpoint: Endpoint, log: pytest.LogCaptureFixture
) -> None:
    endpoint.get(**{"scope": "registry:catalog:*", **query})
    (line,) = [r.getMessage() for r in log.records]
    assert len(line.splitlines()) == 1
    assert "INFO:sub=root" in line


def test_nothing_is_put_together_for_a_log_that_is_off(
    cast: Cast, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="registryauth")
    login = basic("acme+ci", cast.ci_secret)
    assert endpoint.access(WEB, login=login) == [("acme/web", ["push", "pull"])]
    assert not caplog.records
