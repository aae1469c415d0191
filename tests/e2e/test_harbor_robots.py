"""A robot that came from Harbor: its client logs in as before, name and secret."""

import hashlib
from pathlib import Path

import pytest

from robots.harbor.csv_export import COLUMNS
from tests.e2e.accounts import Account
from tests.e2e.clients import Client
from tests.e2e.conftest import Cast
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

SALT = "fKB2oD5QxRs7VgWnZ0tYcJpLmE3hU9iA"
DENIED = "requested access to the resource is denied"


def came_from_harbor(site: Site, cast: Cast, folder: Path, *actions: str) -> Account:
    """A robot of Harbor's project of that name, brought here by the command."""
    name = f"{cast.organization}+harbor"
    account = site.account(f"robot${name}", f"Harbor1{cast.organization}")
    text = account.secret.encode()
    digest = hashlib.pbkdf2_hmac("sha256", text, SALT.encode(), 4096, 16).hex()
    robot = f"7,{name},3,{cast.organization},,-1,f,{SALT},{digest},/project/3"
    rows = [f"{robot},repository,{action},allow" for action in actions]
    export = folder / "harbor.csv"
    export.write_text("\n".join([",".join(COLUMNS), *rows, ""]))
    site.canaries.add(digest)
    told = site.manage("import_harbor", "--export", str(export))
    assert told.startswith(f"robot {name}: ")
    return account


@pytest.fixture(params=["skopeo", "podman"])
def client(request: pytest.FixtureRequest) -> Client:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Client)
    return found


def test_a_client_of_harbor_goes_on_as_before(
    site: Site, cast: Cast, client: Client, tmp_path: Path
) -> None:
    robot = came_from_harbor(site, cast, tmp_path, "pull", "push")
    refused = client.login(robot.with_secret(f"{robot.secret}!"))
    assert refused.code != 0
    web = cast.repository("web")
    for _ in range(2):
        client.must_login(robot)
        pushed = client.push(web)
        pulled = client.pull(web)
        assert (pushed.code, pulled.code) == (0, 0), pushed.output + pulled.output


def test_who_only_pulled_at_harbor_only_pulls_here(
    site: Site, cast: Cast, client: Client, tmp_path: Path
) -> None:
    web = cast.repository("web")
    client.must_login(cast.writer)
    assert client.push(web).code == 0
    client.must_login(came_from_harbor(site, cast, tmp_path, "pull"))
    assert client.pull(web).code == 0
    refused = client.push(web)
    assert refused.code != 0
    assert DENIED in refused.text
