"""What the page of credentials shows is copied to a shell or a file, and logs in."""

import base64
import io
import tarfile
from collections.abc import Iterator

import pytest
import yaml

from tests.e2e.browser import Person, text_of
from tests.e2e.clients import Podman, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def admin(site: Site) -> Iterator[Site]:
    """A further server of the site, with the static files that pages need."""
    admin = site.sibling("admin", REGISTRY_SERVICES=site.registry)
    admin.manage("collectstatic", "-v0", "--noinput")
    with admin.serving():
        yield admin


def page(admin: Site, robot: str) -> str:
    key = admin.call("robot_key", robot=robot)
    return f"/admin/robots/robot/{key}/credentials/"


def test_a_shell_runs_the_podman_line(admin: Site, cast: Cast, podman: Podman) -> None:
    # The registry of the tests has no certificate, and the line no option for that.
    trusted = podman.folder / "registries.conf"
    trusted.write_text(
        f'[[registry]]\nlocation = "{podman.registry}"\ninsecure = true\n'
    )
    podman.environment["CONTAINERS_REGISTRIES_CONF"] = str(trusted)
    owner = Person(admin, cast.owner)
    shown = owner.post(page(admin, cast.writer.name), do="show")

    logged_in = podman.run("sh", "-c", text_of(shown, "podman-line"))
    pushed = podman.push(cast.repository("web"))

    assert logged_in.code == 0, logged_in.output
    assert "Login Succeeded!" in logged_in.output
    assert pushed.code == 0, pushed.output


@pytest.mark.parametrize("scope", ["registry", "namespace"])
@pytest.mark.parametrize("file", ["docker", "kubernetes", "mesos"])
def test_a_download_logs_in(
    file: str, scope: str, admin: Site, cast: Cast, skopeo: Skopeo
) -> None:
    owner = Person(admin, cast.owner)
    address = page(admin, cast.writer.name)
    content = owner.post(address, do="download", file=file, scope=scope)

    skopeo.auth_file.write_bytes(configuration_in(file, content))
    pushed = skopeo.push(cast.repository("web"))

    assert pushed.code == 0, pushed.output


def configuration_in(file: str, content: bytes) -> bytes:
    """The docker configuration that a downloaded file is, or holds."""
    if file == "kubernetes":
        return base64.b64decode(yaml.safe_load(content)["data"][".dockerconfigjson"])
    if file == "mesos":
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            opened = archive.extractfile(".docker/config.json")
            assert opened is not None
            return opened.read()
    return content
