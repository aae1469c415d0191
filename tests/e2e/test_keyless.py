"""A job's token is exchanged for a robot's, which podman and skopeo log in with."""

import time
from collections.abc import Callable, Iterator

import pytest

from federation.errors import NO_MATCH
from tests.e2e.accounts import Account
from tests.e2e.clients import Client, Docker, Podman, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask, granted, manifest_digest, refresh
from tests.e2e.keyless import Keyless
from tests.e2e.provider import Provider
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

DENIED = "denied: requested access to the resource is denied"

LIFETIME = 10
"""Seconds that tokens of the hasty site live: two clients log in meanwhile."""


@pytest.fixture(params=["skopeo", "podman"])
def client(request: pytest.FixtureRequest) -> Client:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Client)
    return found


@pytest.fixture(scope="module")
def hasty(site: Site, provider: Provider) -> Iterator[Keyless]:
    """Keyless login to a site whose tokens end soon."""
    hasty = site.sibling("hasty", FEDERATION_TOKEN_LIFETIME=str(LIFETIME))
    with hasty.running():
        yield Keyless(hasty, provider)


def assert_refused(client: Client, account: Account) -> None:
    refused = client.login(account)
    assert refused.code != 0
    assert "unauthorized" in refused.text or "invalid username" in refused.text


@pytest.mark.parametrize(
    "exchange",
    [Keyless.exchange, Keyless.exchange_by_rfc8693],
    ids=["quay", "rfc8693"],
)
def test_a_jobs_token_becomes_a_login_that_pushes_and_pulls(
    keyless: Keyless,
    cast: Cast,
    client: Client,
    exchange: Callable[[Keyless, Account, str], Account],
) -> None:
    web = cast.repository("web")
    job = keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job)

    robot = exchange(keyless, cast.writer, keyless.new_token(job))
    logged_in = client.login(robot)
    pushed = client.push(web)
    pulled = client.pull(web)

    assert (logged_in.code, pushed.code, pulled.code) == (0, 0, 0), (
        logged_in.output + pushed.output + pulled.output
    )
    in_registry = manifest_digest(keyless.site, cast.reader, web)
    assert client.pulled_digest(web) == in_registry


def test_another_repository_is_denied(
    keyless: Keyless, cast: Cast, client: Client, skopeo: Skopeo
) -> None:
    vault = cast.repository("vault")
    skopeo.must_login(cast.owner)
    assert skopeo.push(vault).code == 0

    client.must_login(keyless.log_in(cast.api, cast.writer))
    pushed, pulled = client.push(vault), client.pull(vault)

    assert pushed.code != 0
    assert DENIED in pushed.text
    assert pulled.code != 0
    assert DENIED in pulled.text


def test_the_documented_command_line_logs_in(
    keyless: Keyless, cast: Cast, podman: Podman
) -> None:
    robot = keyless.log_in(cast.api, cast.writer)

    logged_in = podman.run(
        *("podman", "login", "--tls-verify=false", podman.registry),
        *("-u", robot.name, "-p", robot.secret),
    )

    assert "Login Succeeded!" in logged_in.output
    assert podman.push(cast.repository("web")).code == 0


def test_a_token_signed_with_es256_is_exchanged_too(
    keyless: Keyless, cast: Cast
) -> None:
    job = keyless.provider.new_job("ES256")
    keyless.trust(cast.api, cast.reader, job)

    robot = keyless.exchange(cast.reader, keyless.new_token(job))

    web = cast.repository("web")
    answer = ask(keyless.site, robot, f"repository:{web}:pull,push")
    assert granted(answer) == {web: {"pull"}}


def test_after_its_life_a_token_is_refused_and_a_new_one_works(
    hasty: Keyless, cast: Cast, skopeo: Skopeo, podman: Podman
) -> None:
    web = cast.repository("web")
    clients = (skopeo, podman)
    for client in clients:
        client.registry = hasty.site.registry
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0
    job = hasty.provider.new_job()
    hasty.trust(cast.api, cast.writer, job)

    robot = hasty.exchange(cast.writer, hasty.new_token(job))
    refresh_token = ask(hasty.site, robot, offline=True).json["refresh_token"]
    hasty.site.canaries.add(refresh_token)
    for client in clients:
        client.must_login(robot)
    time.sleep(LIFETIME)
    late = [client.pull(web) for client in clients]
    refreshed = refresh(hasty.site, refresh_token, "", chunked=False)
    renewed = hasty.exchange(cast.writer, hasty.new_token(job))
    for client in clients:
        client.must_login(renewed)
    pulled = [client.pull(web) for client in clients]

    assert all(outcome.code != 0 for outcome in late)
    assert all("unauthorized" in outcome.text for outcome in late)
    assert refreshed.status == 401
    assert [outcome.code for outcome in pulled] == [0, 0], pulled


def test_the_answer_tells_how_long_the_token_lives(hasty: Keyless, cast: Cast) -> None:
    job = hasty.provider.new_job()
    hasty.trust(cast.api, cast.writer, job)

    answer = hasty.ask_by_rfc8693(cast.writer.name, hasty.new_token(job))

    assert 0 < answer.json["expires_in"] <= LIFETIME
    hasty.site.canaries.add(answer.json["access_token"])


def test_whoever_is_not_trusted_is_told_one_thing_only(
    keyless: Keyless, cast: Cast, other_cast: Cast
) -> None:
    """Another job, another robot and a robot that is not there: all the same (S-07)."""
    job, other_job = keyless.provider.new_job(), keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job)
    keyless.trust(other_cast.api, other_cast.writer, other_job)
    told = {"error": "invalid_grant", "message": NO_MATCH}

    answers = [
        keyless.ask(cast.writer.name, keyless.new_token(other_job)),
        keyless.ask(cast.reader.name, keyless.new_token(job)),
        keyless.ask(other_cast.writer.name, keyless.new_token(job)),
        keyless.ask(f"{cast.organization}+absent", keyless.new_token(job)),
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert all(answer.json() == told for answer in answers)


def test_the_token_of_one_robot_does_not_open_another(
    keyless: Keyless, cast: Cast, client: Client
) -> None:
    robot = keyless.log_in(cast.api, cast.writer)
    mixed = keyless.site.account(cast.reader.name, robot.secret)

    assert_refused(client, mixed)
    client.must_login(robot)


def test_a_token_for_another_audience_is_refused(keyless: Keyless, cast: Cast) -> None:
    job = keyless.provider.new_job()
    audience = "https://registry.example.net"
    keyless.trust(cast.api, cast.writer, job, audiences=[audience])

    wrong = keyless.ask(cast.writer.name, keyless.new_token(job))
    right = keyless.ask(cast.writer.name, keyless.new_token(job, resource=audience))

    assert (wrong.status_code, right.status_code) == (401, 200), right.text
    assert wrong.json()["message"] == NO_MATCH


def test_s21_a_single_use_token_is_exchanged_once(keyless: Keyless, cast: Cast) -> None:
    job = keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job, single_use=True)
    token = keyless.new_token(job)

    answers = [keyless.ask(cast.writer.name, token) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 401, 401]


def test_the_audit_tells_of_which_job_and_holds_no_token(
    keyless: Keyless, cast: Cast
) -> None:
    job = keyless.provider.new_job(run_id="4711", sha="0f1e2d3c")
    keyless.trust(cast.api, cast.writer, job)
    token = keyless.new_token(job)
    robot = keyless.exchange(cast.writer, token)
    assert keyless.ask(cast.reader.name, token).status_code == 401

    answer = keyless.api(cast.api, "GET", f"{cast.organization}/logs")

    events = {event["kind"]: event["metadata"] for event in answer.json["logs"]}
    earned = events["federated_robot_token_exchange"]["provenance"]
    assert (earned["run_id"], earned["commit"]) == ("4711", "0f1e2d3c")
    assert events["federated_robot_token_refused"]["check"] == "issuer"
    assert token not in answer.text
    assert robot.secret not in answer.text


def test_a_docker_that_was_logged_in_is_shut_out_with_its_trust(
    keyless: Keyless, cast: Cast, docker: Docker
) -> None:
    """It keeps a refresh token, which lives no longer than what it was earned with."""
    web = cast.repository("web")
    docker.must_login(keyless.log_in(cast.api, cast.writer))
    assert docker.push(web).code == 0
    kept = docker.identity_token()

    keyless.distrust(cast.api, cast.writer)
    pulled = docker.pull(web)

    assert kept is not None
    assert pulled.code != 0
    assert "unauthorized" in pulled.text
