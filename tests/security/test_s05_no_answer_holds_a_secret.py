"""S-05: a secret is in the answer that is there to hand it out, and nowhere else.

Every answer of the API to everybody is searched where the role matrix is tried
(tests/api/test_role_matrix.py), pages of the admin in tests/robots/test_admin_*.py.
"""

import logging
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from robots.models import AuditEvent
from tests import factories
from tests.api.canaries import (
    MAKING_ONE,
    NEW,
    OF_ACME,
    OF_THE_CALLER,
    Canaries,
    meant_to_show,
)
from tests.api.client import Answer
from tests.api.local import LocalClient
from tests.api.matrix import BODIES, Row, World, in_session, rows
from tests.conftest import Cast

READING = {**OF_ACME, **OF_THE_CALLER}
LOGS = ("/organization/acme/logs", "/user/logs", "/superuser/logs")
ELSEWHERE = (
    "/config", "/csrf_token", "/api/schema/", "/api/v1/", "/v2/", "/metrics", "/readyz",
    "/.well-known/jwks.json", "/v2/auth?scope=repository:acme/web:pull",
)  # fmt: skip
COMMANDS = (
    ["export_access"],
    ["export_access", "--json"],
    ["export_access", "--format", "csv"],
    ["unused_access", "--accept-short-history"],
    ["verify_audit", "--json"],
    ["emergency_switch", "status"],
)


@pytest.fixture
def world(cast: Cast, settings: Settings) -> World:
    settings.SUPER_USERS = ["root"]
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    settings.METRICS_TOKEN = ""
    return World(cast)


def ask(client: LocalClient, world: World, caller: str, row: Row) -> Answer:
    path = world.path(row, world.people[caller])
    return client.send(row.method, path, BODIES.get(row.name), {})


def named(names: frozenset[str] | set[str]) -> list[Row]:
    found = [row for row in rows() if row.name in names]
    assert {row.name for row in found} == names
    return found


@pytest.mark.parametrize("caller", ["a", "s"])
def test_s05_nobody_reads_a_token_where_none_is_to_be_retrieved(
    caller: str, world: World, settings: Settings
) -> None:
    """Nor one whose copy was sealed before the setting said so."""
    canaries = Canaries.of_the_database()
    client = in_session(world.people[caller])
    person = world.people[caller]
    assert person is not None
    for retrievable in (True, False):
        settings.ROBOT_TOKENS_RETRIEVABLE = retrievable
        for row in named(set(READING)):
            shown = canaries.shown_in(ask(client, world, caller, row))
            meant = meant_to_show(row, caller, person.username)
            tokens = {what for what in meant if "token of " in what}
            assert shown == (meant if retrievable else meant - tokens), row.name


def test_s05_what_was_just_made_is_in_no_log_event_list_or_export(
    cast: Cast, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Each secret is made once, and then looked for with the most verbose log."""
    client = in_session(cast.alice)
    before = Canaries.of_the_database()
    made: set[str] = set()
    paths = [(row, world.path(row, cast.alice)) for row in named(set(MAKING_ONE))]
    with caplog.at_level(logging.DEBUG):
        for row, path in paths:
            answer = client.send(row.method, path, BODIES.get(row.name), {})
            assert answer.status in {200, 201}, row.name
            assert before.shown_in(answer) == {NEW}, row.name
            made |= before.new_in(answer)
        read = [client.get(f"/api/v1{path}").text for path in LOGS[:2]]
        root = in_session(world.people["s"])
        read += [root.get(f"/api/v1{LOGS[2]}").text, root.get(LOGS[0]).text]
    assert len(made) >= len(MAKING_ONE)
    assert "create_robot" in read[0]
    kept = [caplog.text, str(list(AuditEvent.objects.values())), *read]
    assert [secret for secret in made if any(secret in text for text in kept)] == []


@pytest.mark.parametrize("path", ELSEWHERE)
def test_s05_no_other_address_shows_a_secret(path: str, world: World) -> None:
    canaries = Canaries.of_the_database()
    for caller in ("n", "a", "s"):
        answer = in_session(world.people[caller]).get(path)
        assert answer.status in {200, 401, 404}, path
        # A token of the registry is what one of them is there to make.
        meant = {NEW} if path.startswith("/v2/auth") else set()
        assert canaries.shown_in(answer) == meant, (path, caller)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_s05_no_command_prints_what_it_did_not_make(
    command: list[str], world: World, tmp_path: Path
) -> None:
    canaries = Canaries.of_the_database()
    out, err = StringIO(), StringIO()
    call_command(*command, stdout=out, stderr=err)
    said = out.getvalue() + err.getvalue()
    assert canaries.shown_in(Answer(200, {}, said)) == set()


def test_s05_a_refused_login_repeats_nothing_of_what_it_was_shown(
    cast: Cast, client: Client
) -> None:
    wrong = "CANARY" * 10
    for data in (
        {"grant_type": "password", "username": "acme+ci", "password": wrong},
        {"grant_type": "refresh_token", "refresh_token": wrong},
        {"grant_type": wrong},
    ):
        answer = client.post("/v2/auth", {**data, "service": "x", "client_id": "x"})
        assert answer.status_code in {400, 401, 415}
        assert wrong not in answer.content.decode()
    body = {"username": "alice", "password": wrong}
    local = LocalClient()
    local.csrf = local.get("/csrf_token").json["csrf_token"]
    refused = local.post("/api/v1/signin", body)
    assert refused.status == 403
    assert wrong not in refused.text
    assert factories.PASSWORD not in refused.text
