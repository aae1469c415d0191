"""Log lines as JSON: one object each, with the request's id, and never a secret."""

import base64
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from quaysite.access_log import Answered, access_line
from quaysite.environment import env_choice
from quaysite.logs import FORMATS, JsonFormatter, logging_settings, moment
from quaysite.request_ids import current
from tests.quaysite.scraping import HEADERS, TOKEN
from tests.quaysite.servers import (
    BOTH,
    FORM,
    Running,
    database,
    migrated,
    request,
    start,
)

__all__ = ["database", "migrated", "start"]

PATH = "/v2/auth?service=127.0.0.1:5000"
WRONG = "CANARY-of-a-mistyped-secret"
JWT = "eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.CANARYsignature"
TRACED = "trace-of-this-test"
ACCESS = {"address", "method", "path", "protocol", "status", "bytes", "ms"}


@pytest.fixture(autouse=True)
def no_request() -> Iterator[None]:
    """The id of one stays until the next, and a test of before may have sent it."""
    token = current.set("")
    yield
    current.reset(token)


def record(message: str, *args: Any, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("some.logger", logging.INFO, "f", 1, message, args, None)
    made.__dict__.update(more)
    return made


def written(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(made)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


@given(st.text(), st.text())
def test_every_message_is_one_object_on_one_line(message: str, name: str) -> None:
    made = record("%s", message)
    made.name = name
    found = written(made)
    assert found.keys() == {"time", "level", "logger", "message"}
    assert (found["level"], found["logger"]) == ("INFO", name)
    assert found["message"] == message


@pytest.mark.parametrize("text", ["\udcff", "a\udc80b", "\ud800"])
def test_what_is_not_unicode_is_replaced(text: str) -> None:
    assert "?" in written(record("%s", text))["message"]


def test_the_time_is_utc_to_the_millisecond() -> None:
    assert moment(0) == "1970-01-01T00:00:00.000Z"
    assert moment(1_000_000_000.5004) == "2001-09-09T01:46:40.500Z"


def test_an_exception_is_a_text() -> None:
    try:
        raise ValueError("told")
    except ValueError:
        made = record("failed")
        made.exc_info = sys.exc_info()
    found = written(made)
    assert found["exception"].startswith("Traceback (most recent call last):\n")
    assert found["exception"].endswith("ValueError: told")


def test_only_named_attributes_are_written() -> None:
    """Django hangs requests, and others what they like, on a record."""
    found = written(record("x", request="CANARY", password="CANARY", status_code=500))
    assert found.keys() == {"time", "level", "logger", "message"}


def test_the_id_of_the_request_is_there_where_there_is_one() -> None:
    token = current.set("trace-0001")
    assert written(record("x"))["request_id"] == "trace-0001"
    current.reset(token)
    assert "request_id" not in written(record("x"))


def test_a_format_that_there_is_not_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT must be line or json"):
        env_choice("LOG_FORMAT", "line", FORMATS)


@pytest.mark.parametrize("log_format", FORMATS)
def test_both_formats_are_settings_that_logging_takes(log_format: str) -> None:
    handler = logging_settings(log_format, "INFO")["handlers"]["stderr"]
    assert handler["formatter"] == log_format


@given(st.text(max_size=50))
def test_the_access_log_quotes_whatever_a_path_holds(path: str) -> None:
    answered = Answered("10.0.0.7", "GET", path, "HTTP/1.1", 404, 9, 2, "trace-0001")
    line = access_line(answered, "json")
    assert re.fullmatch(r"[\x20-\x7e]+", line)
    found = json.loads(line)
    assert found.keys() >= ACCESS
    assert (found["status"], found["ms"], found["bytes"]) == (404, 2, 9)
    assert found["request_id"] == "trace-0001"
    plain = access_line(answered._replace(request_id=""), "line")
    assert re.fullmatch(r'10\.0\.0\.7 "GET \S* HTTP/1\.1" 404 9 2ms', plain)


def lines(server: Running, name: str) -> list[dict[str, Any]]:
    """Every line of a log, each of them an object."""
    return [json.loads(line) for line in server.log(name).decode().splitlines()]


def login(password: str, user: str = "acme+ci") -> dict[str, str]:
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def show_secrets(server: Running, secret: str) -> list[str]:
    """Each way to show one, right and wrong; the tokens that were earned."""
    assert server.get(PATH, **login(secret), **{"X-Request-ID": TRACED}) == 200
    for password in (WRONG, JWT, f"qsf_{WRONG}"):
        assert server.get(PATH, **login(password)) == 401
    for user in ("nobody", "$app", "$oauthtoken"):
        assert server.get(PATH, **login(WRONG, user)) == 401
    for path in (f"{PATH}&password={WRONG}", "/api/v1/user/", "/metrics"):
        assert server.get(path, Authorization=f"Bearer {WRONG}") == 401
    assert server.get("/oauth2/federation/robot/token", **login(JWT)) == 401
    assert server.get("/metrics", **HEADERS) == 200
    form = {"grant_type": "password", "username": "acme+ci", "password": secret}
    body = urlencode({**form, "service": "127.0.0.1:5000", "access_type": "offline"})
    length = b"Content-Length: %d\r\n" % len(body)
    answer = server.send(request("POST", "/v2/auth", FORM, length, body=body.encode()))
    assert answer.startswith(b"HTTP/1.1 200")
    return re.findall(r'token":"([^"]+)"', answer.decode())


@BOTH
def test_no_line_of_a_talkative_server_holds_a_secret(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    """S-28: at DEBUG, as JSON."""
    server = start(
        command,
        METRICS_TOKEN=TOKEN,
        LOG_FORMAT="json",
        LOG_LEVEL="DEBUG",
        SECRET_KEY="canary-secret-key-" + "k" * 40,
        ROBOTS_SECRET_KEYS="canary-robots-key-" + "r" * 40,
    )
    server.manage("create_organization", "acme")
    secret = server.manage("create_robot", "acme+ci").split()[-1]
    tokens = show_secrets(server, secret)
    assert len(tokens) == 3
    server.process.stop()

    text = (server.log("out") + server.log("err")).decode()
    for canary in (secret, WRONG, JWT, TOKEN, "canary-", "CANARY", *tokens):
        assert canary not in text
    assert not re.search(r"eyJ[\w-]{10,}\.|qsr\.[\w-]{10,}|qsf_\w{10,}", text)


@BOTH
def test_every_line_of_a_server_is_an_object(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    server = start(command, LOG_FORMAT="json", LOG_LEVEL="DEBUG")
    traced = {"X-Request-ID": TRACED}
    assert server.get(PATH, **login(WRONG), **traced) == 401
    assert server.get(f"{PATH}&scope=repository:acme/web:pull", **traced) == 200
    assert server.get("/no-such-page", **traced) == 404
    assert server.get("/healthz", **traced) == 200
    server.process.stop()
    access = lines(server, "out")
    # Threads write them: a page's line may come after that of the next request.
    found = sorted(line["status"] for line in access if line.get("request_id"))
    assert found == [200, 200, 401, 404]
    assert all(line.keys() >= ACCESS for line in access)
    told = [line for line in lines(server, "err") if line.get("request_id") == TRACED]
    loggers = {line["logger"] for line in told}
    assert {"registryauth.refusals", "registryauth.issue"} <= loggers
