"""Deleting an image needs admin on its repository; writing is not enough."""

import pytest

from tests.e2e.clients import Skopeo
from tests.e2e.conftest import Cast

pytestmark = pytest.mark.e2e


def test_an_admin_robot_deletes_an_image(cast: Cast, skopeo: Skopeo) -> None:
    web = cast.repository("web")
    skopeo.must_login(cast.admin)
    assert skopeo.push(web).code == 0

    deleted = skopeo.delete(web)

    assert deleted.code == 0, deleted.output
    assert "manifest unknown" in skopeo.pull(web).text


def test_a_writer_deletes_nothing(cast: Cast, skopeo: Skopeo) -> None:
    web = cast.repository("web")
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0

    deleted = skopeo.delete(web)

    assert deleted.code == 1
    assert skopeo.pull(web).code == 0
