"""People's tokens at the registry: `$app` and `$oauthtoken` as user names."""

import pytest

from tests.e2e.accounts import Account
from tests.e2e.clients import Client
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import manifest_digest
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

DENIED = "requested access to the resource is denied"


@pytest.fixture(params=["skopeo", "podman"])
def client(request: pytest.FixtureRequest) -> Client:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Client)
    return found


def assert_refused(client: Client, account: Account) -> None:
    refused = client.login(account)
    assert refused.code != 0
    assert "unauthorized" in refused.text or "invalid username" in refused.text


def test_item_16_people_push_and_pull_with_their_tokens(
    site: Site, cast: Cast, client: Client
) -> None:
    secrets = site.call("new_tokens", username=cast.owner.name)
    app = site.account("$app", secrets["app"])
    oauth = site.account("$oauthtoken", secrets["oauth"])
    web, own = cast.repository("web"), f"{cast.owner.name}/tool"
    for token, repository in ((app, web), (oauth, own)):
        assert_refused(client, token.with_secret(token.secret[:-1] + "!"))
        logged_in = client.login(token)
        assert "Login Succeeded" in logged_in.output
        pushed = client.push(repository)
        pulled = client.pull(repository)
        assert (pushed.code, pulled.code) == (0, 0), pushed.output + pulled.output
        in_registry = manifest_digest(site, cast.owner, repository)
        assert client.pulled_digest(repository) == in_registry

    assert_refused(client, oauth.with_secret(app.secret))
    client.must_login(site.account("$oauthtoken", secrets["reading"]))
    assert client.pull(web).code == 0
    refused = client.push(web)
    assert refused.code != 0
    assert DENIED in refused.text


@pytest.mark.parametrize("client", ["skopeo", "podman", "docker"], indirect=True)
def test_item_12_a_login_at_the_sites_own_address(
    site: Site, cast: Cast, client: Client
) -> None:
    client.registry = site.address
    for account in (cast.writer, cast.owner):
        assert "Login Succeeded" in client.login(account).output
        assert_refused(client, account.with_secret("wrong"))
