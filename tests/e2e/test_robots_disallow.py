"""ROBOTS_DISALLOW stops every robot but those named, and says so (R5)."""

from collections.abc import Iterator

import pytest

from tests.e2e.clients import Docker, Podman
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask, granted
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

TEXT = (
    "unauthorized: Robot accounts have been disabled."
    " Please contact your administrator."
)


@pytest.fixture(scope="module")
def spared(casts: Iterator[Cast]) -> Cast:
    """An organization whose robot `writer` is in ROBOTS_WHITELIST."""
    return next(casts)


@pytest.fixture(scope="module")
def strict_site(site: Site, spared: Cast) -> Iterator[Site]:
    strict = site.sibling(
        "disallow", ROBOTS_DISALLOW="true", ROBOTS_WHITELIST=spared.writer.name
    )
    with strict.running():
        yield strict


def test_podmans_debug_log_holds_the_exact_text(
    strict_site: Site, cast: Cast, podman: Podman
) -> None:
    podman.registry = strict_site.registry

    refused = podman.login(cast.writer, "--log-level=debug")

    assert refused.code == 125
    line = next(
        line for line in refused.text.splitlines() if "error logging into" in line
    )
    assert line.endswith(
        f'level=debug msg="error logging into "{strict_site.registry}":'
        f' unable to retrieve auth token: invalid username/password: {TEXT}"'
    )


def test_docker_shows_the_text_at_login(
    strict_site: Site, cast: Cast, docker: Docker
) -> None:
    docker.registry = strict_site.registry

    refused = docker.login(cast.writer)

    assert refused.code == 1
    registry = strict_site.registry
    expected = f'Error response from daemon: Get "http://{registry}/v2/": {TEXT}\n'
    assert refused.output == expected


def test_robots_on_the_list_go_on_and_so_do_people(
    strict_site: Site, spared: Cast, podman: Podman
) -> None:
    podman.registry = strict_site.registry

    by_robot = podman.login(spared.writer)
    pushed = podman.push(spared.repository("web"))
    by_person = podman.login(spared.owner)

    assert (by_robot.code, pushed.code, by_person.code) == (0, 0, 0), pushed.output


def test_whether_a_robot_exists_is_not_told(strict_site: Site, cast: Cast) -> None:
    wrong = strict_site.account(f"{cast.organization}+absent", "no such secret here")

    for account in (cast.writer, wrong):
        answer = ask(strict_site, account)
        assert answer.status == 401
        assert f"unauthorized: {answer.json['errors'][0]['message']}" == TEXT


def test_anonymous_pulls_go_on(strict_site: Site, cast: Cast) -> None:
    public = cast.repository("public")

    answer = ask(strict_site, None, f"repository:{public}:pull")

    assert granted(answer) == {public: {"pull"}}


def test_an_organizations_switch_works_at_once_and_for_itself(
    site: Site, cast: Cast, other_cast: Cast, podman: Podman
) -> None:
    """Without a restart, for every client that has a login already."""
    assert podman.login(cast.writer).code == 0
    assert podman.push(cast.repository("web")).code == 0
    site.call("set_switch", on=True, namespace=cast.organization)
    try:
        pushed = podman.push(cast.repository("web"))
        again = podman.login(cast.writer, "--log-level=debug")
        elsewhere = ask(site, other_cast.writer)
    finally:
        site.call("set_switch", on=False, namespace=cast.organization)

    assert pushed.code == 125
    assert TEXT in pushed.text
    assert TEXT in again.text
    assert elsewhere.status == 200
    assert podman.login(cast.writer).code == 0


def test_the_sites_switch_works_at_once_on_every_server(site: Site, cast: Cast) -> None:
    """Of one database: what one turned, all obey."""
    second = site.sibling("switched")
    with second.running():
        assert ask(second, cast.writer).status == 200
        site.call("set_switch", on=True)
        try:
            answers = [ask(server, cast.writer) for server in (site, second)]
            public = cast.repository("public")
            anonymous = ask(second, None, f"repository:{public}:pull")
        finally:
            site.call("set_switch", on=False)
        assert ask(second, cast.writer).status == 200

    for answer in answers:
        assert answer.status == 401
        assert f"unauthorized: {answer.json['errors'][0]['message']}" == TEXT
    assert granted(anonymous) == {public: {"pull"}}
