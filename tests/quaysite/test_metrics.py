"""GET /metrics: who may read it, what it says, and what it says in an outage."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.endpoints import ENDPOINTS, endpoint_of, note_response
from quaysite.metrics.collector import GAUGES
from quaysite.metrics.families import CODES, COUNTERS, HISTOGRAMS
from quaysite.metrics.inventory import inventory
from quaysite.readiness import probe
from registryauth import signing
from registryauth.conf import signing_algorithm
from registryauth.signer import key_store
from robots.usage import usage
from tests.conftest import Cast
from tests.factories import robot_identity
from tests.quaysite.scraping import HEADERS, TOKEN, names_in, number, scrape, total
from tests.registryauth.endpoint import Endpoint, basic, login_of
from tests.registryauth.outages import database_away


@pytest.fixture(autouse=True)
def forgetful(settings: Settings) -> None:
    """With a token, and nothing remembered of other tests."""
    settings.METRICS_TOKEN = TOKEN
    inventory.forget()
    probe.forget()


def test_without_a_token_of_the_site_there_is_no_such_page(
    db: None, client: Client, settings: Settings
) -> None:
    settings.METRICS_TOKEN = ""
    nowhere = client.get("/no-such-page", headers=HEADERS)
    for headers in ({}, {"Authorization": "Bearer "}, HEADERS):
        response = client.get("/metrics", headers=headers)
        assert (response.status_code, response.content) == (404, nowhere.content)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer \udcff",
        "Bearer é",
    ],
)
def test_who_shows_no_token_or_a_wrong_one_is_told_nothing(
    header: str, client: Client
) -> None:
    """Without the `db` fixture: any query would be an error."""
    response = client.generic("GET", "/metrics", headers={"Authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="metrics"'
    assert b"quaysite_" not in response.content
    assert TOKEN.encode() not in response.content


def test_a_scrape_only_reads(client: Client) -> None:
    response = client.post("/metrics", headers=HEADERS)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_prometheus_comes_by_plain_http_to_any_address(
    db: None, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["quay.example"]
    headers = {**HEADERS, "Host": "10.0.0.5:8000"}
    assert Client().get("/metrics", headers=headers).status_code == 200


def test_it_speaks_openmetrics_to_who_asks_for_it(db: None, client: Client) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    response = client.get("/metrics", headers={**HEADERS, **accept})
    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert response.content.endswith(b"# EOF\n")


def test_every_metric_is_there_from_the_start(
    db: None, client: Client, settings: Settings
) -> None:
    """Zeros too: else the first error of a kind could not show as an increase."""
    settings.AUDIT_SHIP = ["syslog://127.0.0.1"]
    settings.EXPIRY_WEBHOOK_URL = "https://hooks.example.com/"
    signing.active_key()
    numbers = scrape(client)
    for family in COUNTERS:
        for values in family.series():
            labels = dict(zip(family.labels, values, strict=True))
            assert number(numbers, f"{family.name}_total", **labels) >= 0
    for family in HISTOGRAMS:
        for values in family.series():
            labels = dict(zip(family.labels, values, strict=True))
            count = number(numbers, f"{family.name}_count", **labels)
            assert (
                number(numbers, f"{family.name}_bucket", le="+Inf", **labels) == count
            )
            assert number(numbers, f"{family.name}_sum", **labels) >= 0
    gauges = {f"quaysite_{name}" for name in GAUGES}
    missing = gauges - names_in(numbers)
    elsewhere = {"quaysite_signing_key_step_due_timestamp_seconds"}
    if connection.vendor == "sqlite":
        elsewhere.add("quaysite_database_connections")
    assert missing == elsewhere


def test_a_token_shows_at_once(cast: Cast, client: Client, endpoint: Endpoint) -> None:
    before = scrape(client)
    login = login_of(cast.ci)
    for _ in range(3):
        assert endpoint.get(login=login, service="127.0.0.1:5000").status_code == 200
    after = scrape(client)
    labels = {"kind": "robot_static", "result": "granted"}
    grown = number(after, "logins_total", **labels)
    assert grown - number(before, "logins_total", **labels) == 3
    durations = "token_duration_seconds"
    assert (
        number(after, f"{durations}_count", kind="robot_static")
        - number(before, f"{durations}_count", kind="robot_static")
    ) == 3
    seconds = number(after, f"{durations}_sum", kind="robot_static") - number(
        before, f"{durations}_sum", kind="robot_static"
    )
    assert 0 < seconds < 30


def test_buckets_hold_those_below_them(cast: Cast, client: Client) -> None:
    numbers = scrape(client)
    buckets = sorted(
        (float(labels["le"]), value)
        for labels, value in (
            (dict(pairs), value)
            for (name, pairs), value in numbers.items()
            if name == "quaysite_token_duration_seconds_bucket"
        )
        if labels["kind"] == "robot_static"
    )
    assert [value for _, value in buckets] == sorted(value for _, value in buckets)
    assert buckets[0][0] == 0.0005
    assert buckets[-2][0] == 5.0


def test_what_is_throttled_is_counted(
    cast: Cast, client: Client, endpoint: Endpoint, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 2
    before = scrape(client)
    assert number(before, "logins_blocked") == 0
    login = basic("acme+ci", "wrong")
    answers = [
        endpoint.get(login=login, service="127.0.0.1:5000").status_code
        for _ in range(5)
    ]
    assert answers == [401, 401, 429, 429, 429]
    after = scrape(client)
    assert number(after, "logins_blocked") == 1
    grown = number(after, "throttled_total", what="login")
    assert grown - number(before, "throttled_total", what="login") == 3
    assert number(after, "throttled_total", what="token") == 0
    settings.LOGIN_FAILURE_LIMIT, settings.ROBOT_TOKEN_BUDGET = 0, 1
    right = login_of(cast.ci)
    answers = [
        endpoint.get(login=right, service="127.0.0.1:5000").status_code
        for _ in range(2)
    ]
    assert answers == [200, 429]
    assert number(scrape(client), "throttled_total", what="token") == 1


def test_a_scrape_in_an_outage_says_what_is_in_memory(
    cast: Cast, client: Client, endpoint: Endpoint, tmp_path: Path
) -> None:
    before = scrape(client)
    inventory.forget()
    probe.forget()
    with database_away(tmp_path):
        login = basic("acme+ci", "wrong")
        assert endpoint.get(login=login, service="127.0.0.1:5000").status_code == 503
        numbers = scrape(client)
    assert number(numbers, "database_up") == 0
    assert number(numbers, "ready") == 0
    assert number(numbers, "inventory_up") == 0
    assert "quaysite_robots" not in names_in(numbers)
    assert total(numbers, "logins_total", result="unavailable") == 1 + total(
        before, "logins_total", result="unavailable"
    )
    assert "quaysite_signing_key_age_seconds" in names_in(numbers)


def test_what_waits_to_be_written_is_counted(cast: Cast, client: Client) -> None:
    usage.flush()
    usage.note(robot_identity(cast.ci), timezone.now())
    usage.note(robot_identity(cast.reader), timezone.now())
    # Each robot, and its token.
    assert number(scrape(client), "usage_unwritten", what="last_uses") == 4


def test_ages_of_keys_and_when_the_next_step_is_due(
    db: None, client: Client, own_signing_keys: Path, settings: Settings
) -> None:
    settings.REGISTRY_SIGNING_KEY_DAYS = 30
    signing.active_key()
    numbers = scrape(client)
    assert 0 <= number(numbers, "signing_key_age_seconds", state="active") < 120
    due = number(numbers, "signing_key_step_due_timestamp_seconds", step="add")
    days = (due - timezone.now().timestamp()) / 86400
    assert 22.9 < days <= 23
    key_store().add(signing_algorithm())
    numbers = scrape(client)
    # The next key is as if it was made a second after the first one.
    assert -5 < number(numbers, "signing_key_age_seconds", state="next") < 120
    assert total(numbers, "signing_key_step_due_timestamp_seconds", step="activate") > 0


def test_without_a_usable_key_nothing_is_said_of_keys(
    db: None, client: Client, own_signing_keys: Path
) -> None:
    signing.active_key()
    (own_signing_keys / "active").write_text("gone\n")
    signing.forget_keys()
    numbers = scrape(client)
    assert number(numbers, "component_up", component="keys") == 0
    assert "quaysite_signing_key_age_seconds" not in names_in(numbers)


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/v2/auth", "token"),
        ("/v2/auth/", "other"),
        ("/oauth2/token", "exchange"),
        ("/oauth2/federation/robot/token", "exchange"),
        ("/api/v1/organization/acme", "api"),
        ("/admin/robots/robot/", "admin"),
        ("/sign-in/", "sign_in"),
        ("/metrics", "probe"),
        ("/static/x.css", "static"),
        ("", "other"),
        ("/\udcff\x00", "other"),
    ],
)
def test_a_path_belongs_to_one_part_of_the_site(path: str, endpoint: str) -> None:
    assert endpoint_of(path) == endpoint
    assert endpoint in ENDPOINTS


def test_statuses_are_counted_by_class(db: None, client: Client) -> None:
    before = scrape(client)
    for status in (200, 204, 302, 404, 503):
        note_response("/v2/auth", status)
    after = scrape(client)
    grown = [
        total(after, "http_responses_total", endpoint="token", code=code)
        - total(before, "http_responses_total", endpoint="token", code=code)
        for code in CODES
    ]
    assert grown == [0, 2, 1, 1, 1]


@pytest.mark.parametrize("token", ["short", "x" * 31, f"{'x' * 40} y", "é" * 40])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_an_error(
    token: str, settings: Settings
) -> None:
    settings.METRICS_TOKEN = token
    assert "quaysite.E008" in {message.id for message in run_checks()}


@pytest.mark.parametrize("token", ["", "x" * 32])
def test_no_token_and_a_long_one_are_no_error(token: str, settings: Settings) -> None:
    settings.METRICS_TOKEN = token
    assert "quaysite.E008" not in {message.id for message in run_checks()}
