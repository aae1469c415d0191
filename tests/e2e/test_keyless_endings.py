"""What a robot token was earned with ends, and so does the token (contract 9)."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.clients import Podman, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask
from tests.e2e.keyless import Keyless, path_of
from tests.e2e.provider import Provider
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

DISALLOWED = "Robot accounts have been disabled. Please contact your administrator."

Deed = Callable[[Keyless, Cast], None]


def clear_trusts(keyless: Keyless, cast: Cast) -> None:
    keyless.distrust(cast.api, cast.writer)


def trust_another_job(keyless: Keyless, cast: Cast) -> None:
    keyless.trust(cast.api, cast.writer, keyless.provider.new_job())


def disable_trust(keyless: Keyless, cast: Cast) -> None:
    trusts = f"{path_of(cast.writer)}/trusts"
    (trust,) = keyless.api(cast.api, "GET", trusts).json["trusts"]
    change = {"enabled": False}
    answer = keyless.api(cast.api, "PATCH", f"{trusts}/{trust['id']}", change)
    assert answer.status == 200, answer.text


def regenerate(keyless: Keyless, cast: Cast) -> None:
    path = f"{path_of(cast.writer)}/regenerate"
    answer = keyless.api(cast.api, "POST", path)
    assert answer.status == 200, answer.text
    keyless.site.account(cast.writer.name, answer.json["token"])


def disable_robot(keyless: Keyless, cast: Cast) -> None:
    keyless.site.call("set_robot_enabled", robot=cast.writer.name, enabled=False)


def delete_robot(keyless: Keyless, cast: Cast) -> None:
    answer = keyless.api(cast.api, "DELETE", path_of(cast.writer))
    assert answer.status == 204, answer.text


TRUST_ENDS = [clear_trusts, trust_another_job, disable_trust]
ROBOT_ENDS = [disable_robot, delete_robot]


def named(deed: Deed) -> str:
    return deed.__name__


@pytest.mark.parametrize("deed", [*TRUST_ENDS, *ROBOT_ENDS, regenerate], ids=named)
def test_the_next_pull_with_the_robot_token_is_refused(
    keyless: Keyless, cast: Cast, skopeo: Skopeo, podman: Podman, deed: Deed
) -> None:
    web = cast.repository("web")
    robot = keyless.log_in(cast.api, cast.writer)
    skopeo.must_login(robot)
    podman.must_login(robot)
    assert skopeo.push(web).code == 0
    assert podman.pull(web).code == 0

    deed(keyless, cast)
    refused = [skopeo.pull(web), podman.pull(web)]

    assert [outcome.code for outcome in refused] == [1, 125]
    assert all("unauthorized: " in outcome.text for outcome in refused)


@pytest.mark.parametrize("deed", [*TRUST_ENDS, *ROBOT_ENDS], ids=named)
def test_the_next_pull_with_the_jobs_own_token_is_refused(
    keyless: Keyless, cast: Cast, skopeo: Skopeo, podman: Podman, deed: Deed
) -> None:
    web = cast.repository("web")
    job = keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job)
    account = keyless.site.account(cast.writer.name, keyless.new_token(job))
    skopeo.must_login(account)
    podman.must_login(account)
    assert skopeo.push(web).code == 0
    assert podman.pull(web).code == 0

    deed(keyless, cast)
    refused = [skopeo.pull(web), podman.pull(web)]

    assert [outcome.code for outcome in refused] == [1, 125]
    assert all("unauthorized: " in outcome.text for outcome in refused)


@pytest.mark.parametrize("deed", [*TRUST_ENDS, *ROBOT_ENDS], ids=named)
def test_nothing_is_exchanged_any_more(
    keyless: Keyless, cast: Cast, deed: Deed
) -> None:
    job = keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job)
    token = keyless.new_token(job)
    assert keyless.ask(cast.writer.name, token).status_code == 200

    deed(keyless, cast)

    refused = keyless.ask(cast.writer.name, token)
    assert refused.status_code == 401
    assert "token" not in refused.json()


def test_a_disabled_robot_that_is_enabled_again_is_let_in_again(
    keyless: Keyless, cast: Cast
) -> None:
    robot = keyless.log_in(cast.api, cast.writer)
    disable_robot(keyless, cast)
    during = ask(keyless.site, robot)

    keyless.site.call("set_robot_enabled", robot=cast.writer.name, enabled=True)

    assert during.status == 401
    assert ask(keyless.site, robot).status == 200


@pytest.fixture(scope="module")
def strict(site: Site, provider: Provider) -> Iterator[Keyless]:
    """Keyless login to a site, of the same database, that disallows robots."""
    strict = site.sibling("disallow-keyless", ROBOTS_DISALLOW="true")
    with strict.running():
        yield Keyless(strict, provider)


def test_where_robots_are_disallowed_neither_token_logs_in(
    keyless: Keyless, strict: Keyless, cast: Cast, podman: Podman
) -> None:
    job = keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job)
    token = keyless.new_token(job)
    robot = keyless.exchange(cast.writer, token)
    podman.registry = strict.site.registry

    for account in (robot, cast.writer.with_secret(token)):
        refused = podman.login(account, "--log-level=debug")
        assert refused.code == 125
        assert f"unauthorized: {DISALLOWED}" in refused.text


def test_where_robots_are_disallowed_nothing_is_exchanged(
    keyless: Keyless, strict: Keyless, cast: Cast
) -> None:
    job = keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job)

    refused = strict.ask(cast.writer.name, strict.new_token(job))

    assert refused.status_code == 401
    assert refused.json() == {"error": "access_denied", "message": DISALLOWED}
