"""Read-only repositories take no push, mirrors only their robot's."""

import pytest

from tests.e2e.clients import Client, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

DENIED = "denied: requested access to the resource is denied"


def test_a_read_only_repository_is_pulled_but_not_pushed(
    site: Site, cast: Cast, any_client: Client
) -> None:
    web = cast.repository("web")
    any_client.must_login(cast.admin)
    assert any_client.push(web).code == 0
    site.call("set_state", repository=web, state="READ_ONLY")

    pulled = any_client.pull(web)
    pushed = any_client.push(web)

    assert pulled.code == 0, pulled.output
    assert pushed.code != 0
    site.call("set_state", repository=web, state="NORMAL")
    assert any_client.push(web).code == 0


def test_only_its_robot_pushes_to_a_mirror(
    site: Site, cast: Cast, skopeo: Skopeo
) -> None:
    web, robot = cast.repository("web"), cast.writer.name
    site.call("set_state", repository=web, state="MIRROR", mirror_robot=robot)

    skopeo.must_login(cast.admin)
    by_admin = skopeo.push(web)
    skopeo.must_login(cast.owner)
    by_owner = skopeo.push(web)
    skopeo.must_login(cast.writer)
    by_mirror_robot = skopeo.push(web)
    skopeo.must_login(cast.reader)
    pulled = skopeo.pull(web)

    assert (by_admin.code, by_owner.code) == (1, 1)
    assert DENIED in by_admin.text
    assert DENIED in by_owner.text
    assert (by_mirror_robot.code, pulled.code) == (0, 0), by_mirror_robot.output
