"""`quaysite-login` between a real job's token and the clients that use its result."""

import json
from pathlib import Path

import pytest

from tests.clients.program import DOCKER_HELPER, SCRIPT
from tests.e2e.clients import Client, Podman, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.keyless import Keyless

pytestmark = pytest.mark.e2e


@pytest.fixture
def job(keyless: Keyless, cast: Cast, tmp_path: Path) -> Path:
    """The file with the token of a job that the robot `writer` trusts."""
    job = keyless.provider.new_job()
    keyless.trust(cast.api, cast.writer, job)
    file = tmp_path / "token"
    file.write_text(keyless.new_token(job))
    return file


def install(client: Client, name: str) -> Path:
    """The script in a folder of the client's search path, under `name`."""
    folder = client.folder / "bin"
    folder.mkdir(exist_ok=True)
    client.environment["PATH"] = f"{folder}:{client.environment['PATH']}"
    (folder / name).symlink_to(SCRIPT)
    return folder / name


def test_the_auth_file_that_it_writes_serves_skopeo_and_podman(
    keyless: Keyless, cast: Cast, skopeo: Skopeo, podman: Podman, job: Path
) -> None:
    web, vault = cast.repository("web"), cast.repository("vault")
    for client in (skopeo, podman):
        script = install(client, "quaysite-login")
        said = client.must(
            *(str(script), "--url", f"http://{keyless.site.address}"),
            *("--robot", cast.writer.name, "--registry", client.registry),
            *("--token-file", str(job)),
        )
        assert job.read_text() not in said
        assert list(json.loads(client.auth_file.read_text())["auths"]) == [
            client.registry
        ]

    pushed, pulled = skopeo.push(web), podman.pull(web)
    denied = skopeo.push(vault)

    assert (pushed.code, pulled.code) == (0, 0), pushed.output + pulled.output
    assert denied.code == 1


@pytest.mark.parametrize("exchange", [True, False], ids=["exchange", "no-exchange"])
def test_as_a_credential_helper_it_needs_no_login_at_all(
    keyless: Keyless, cast: Cast, skopeo: Skopeo, job: Path, exchange: bool
) -> None:
    web = cast.repository("web")
    install(skopeo, DOCKER_HELPER)
    skopeo.environment |= {
        "QUAYSITE_URL": f"http://{keyless.site.address}",
        "QUAYSITE_ROBOT": cast.writer.name,
        "QUAYSITE_REGISTRIES": skopeo.registry,
        "QUAYSITE_TOKEN_FILE": str(job),
        "QUAYSITE_NO_EXCHANGE": "false" if exchange else "true",
    }
    helper = DOCKER_HELPER.removeprefix("docker-credential-")
    config = {"credHelpers": {skopeo.registry: helper}}
    skopeo.auth_file.write_text(json.dumps(config))

    pushed, pulled = skopeo.push(web), skopeo.pull(web)

    assert (pushed.code, pulled.code) == (0, 0), pushed.output + pulled.output
    assert json.loads(skopeo.auth_file.read_text()) == config
    logs = keyless.api(cast.api, "GET", f"{cast.organization}/logs").json["logs"]
    exchanged = {"federated_robot_token_exchange"} & {log["kind"] for log in logs}
    assert bool(exchanged) is exchange
