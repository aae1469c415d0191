"""Cross-repository mounts: clients ask for the source too, which may be refused."""

import pytest

from tests.e2e.clients import Client
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask, granted, manifest_digest
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["skopeo", "podman", "docker"])
def mounting_client(request: pytest.FixtureRequest) -> Client:
    """The clients that remember in which repository they have seen a layer."""
    client = request.getfixturevalue(request.param)
    assert isinstance(client, Client)
    return client


def test_a_permitted_source_is_mounted(
    site: Site, cast: Cast, mounting_client: Client
) -> None:
    source, target = cast.repository("first"), cast.repository("second")
    image = mounting_client.new_image()
    mounting_client.must_login(cast.creator)
    assert mounting_client.push(source, image).code == 0

    pushed = mounting_client.push(target, image)

    assert pushed.code == 0, pushed.output
    assert f"/v2/{target}/blobs/uploads/?from={source.replace('/', '%2F')}&mount=" in (
        site.registry_log()
    )
    assert f"denied=[{source}" not in site.application_log()


def test_a_forbidden_source_is_left_out_and_the_push_succeeds(
    site: Site, cast: Cast, mounting_client: Client
) -> None:
    source, target = cast.repository("first"), cast.repository("second")
    image = mounting_client.new_image()
    mounting_client.must_login(cast.creator)
    assert mounting_client.push(source, image).code == 0
    site.manage("revoke", cast.creator.name, source)

    pushed = mounting_client.push(target, image)

    assert pushed.code == 0, pushed.output
    # The client did ask for the source, and was given the target alone.
    assert f"denied=[{source}:pull: no grant]" in site.application_log()
    assert manifest_digest(site, cast.creator, target)


def test_only_the_forbidden_one_of_two_scopes_is_reduced(
    site: Site, cast: Cast, other_cast: Cast
) -> None:
    target, source = cast.repository("web"), other_cast.repository("web")

    answer = ask(
        site,
        cast.writer,
        f"repository:{target}:pull,push",
        f"repository:{source}:pull",
    )

    assert answer.status == 200
    assert granted(answer) == {target: {"pull", "push"}, source: set()}
