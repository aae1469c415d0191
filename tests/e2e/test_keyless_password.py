"""No exchange: the job's own token is the password, in every client."""

import pytest

from tests.e2e.accounts import Account
from tests.e2e.clients import Client, Docker, Podman, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask, manifest_digest
from tests.e2e.keyless import Keyless

pytestmark = pytest.mark.e2e

DENIED = "denied: requested access to the resource is denied"


def trusted(keyless: Keyless, cast: Cast, robot: Account) -> Account:
    """`robot` with the token of a job that it trusts."""
    job = keyless.provider.new_job()
    keyless.trust(cast.api, robot, job)
    return keyless.site.account(robot.name, keyless.new_token(job))


def test_a_jobs_token_logs_in_pushes_and_pulls(
    keyless: Keyless, cast: Cast, any_client: Client
) -> None:
    web = cast.repository("web")
    account = trusted(keyless, cast, cast.writer)

    logged_in = any_client.login(account)
    pushed = any_client.push(web)
    pulled = any_client.pull(web)

    assert (logged_in.code, pushed.code, pulled.code) == (0, 0, 0), (
        logged_in.output + pushed.output + pulled.output
    )
    in_registry = manifest_digest(keyless.site, cast.reader, web)
    assert any_client.pulled_digest(web) == in_registry


def test_it_gives_no_more_than_its_robot_has(
    keyless: Keyless, cast: Cast, podman: Podman
) -> None:
    podman.must_login(trusted(keyless, cast, cast.reader))

    pushed = podman.push(cast.repository("web"))
    pulled = podman.pull(cast.repository("vault"))

    assert (pushed.code, pulled.code) == (125, 125)
    assert DENIED in pushed.text
    assert DENIED in pulled.text


def test_docker_gets_nothing_that_would_outlive_it(
    keyless: Keyless, cast: Cast, docker: Docker
) -> None:
    account = trusted(keyless, cast, cast.writer)

    docker.must_login(account)

    assert docker.identity_token() is None
    assert "refresh_token" not in ask(keyless.site, account, offline=True).json


def test_s21_a_single_use_token_goes_on_working_where_it_began(
    keyless: Keyless, cast: Cast, skopeo: Skopeo
) -> None:
    web = cast.repository("web")
    job = keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job, single_use=True)
    token = keyless.new_token(job)

    skopeo.must_login(cast.writer.with_secret(token))
    pushed, pulled = skopeo.push(web), skopeo.pull(web)

    assert (pushed.code, pulled.code) == (0, 0), pushed.output + pulled.output
    assert keyless.ask(cast.writer.name, token).status_code == 401


@pytest.mark.parametrize("whose", ["another robot's", "another job's"])
def test_somebody_elses_token_does_not_log_in(
    keyless: Keyless, cast: Cast, skopeo: Skopeo, docker: Docker, whose: str
) -> None:
    account = trusted(keyless, cast, cast.writer)
    if whose == "another robot's":
        wrong = keyless.site.account(cast.reader.name, account.secret)
    else:
        token = keyless.new_token(keyless.provider.new_job())
        wrong = keyless.site.account(cast.writer.name, token)

    by_skopeo, by_docker = skopeo.login(wrong), docker.login(wrong)

    assert (by_skopeo.code, by_docker.code) == (1, 1)
    told = f"Could not find robot with username: {wrong.name} and supplied password."
    assert f"unauthorized: {told}" in by_docker.text
