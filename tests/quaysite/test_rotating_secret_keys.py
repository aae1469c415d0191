"""A change of secret keys on two servers that serve meanwhile, step by step."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.quaysite.servers import SERVE, Running, database, migrated
from tests.registryauth.endpoint import basic

__all__ = ["database", "migrated"]

PERSON = 'from quaysite.models import User; User.objects.create_user("alice")'


class Site:
    """Two servers on one database, and every token that was made so far."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder, self._settings = folder, settings
        self.servers = [self._started(), self._started()]
        self.tokens: dict[str, str] = {}

    def settle(self) -> None:
        """Let there be alice, her organization, and a token of hers for the API."""
        self.servers[0].manage("shell", "-v0", "-c", PERSON)
        self.servers[0].manage("create_organization", "acme", "--owner", "alice")
        scopes = ("--scope", "org:admin", "--json")
        made = self.servers[0].manage("create_oauth_token", "alice", *scopes)
        self._bearer = json.loads(made)["token"]

    def _started(self) -> Running:
        return Running(SERVE, self._folder, WORKERS="1", **self._settings)

    def restart(self, number: int) -> None:
        """The way that docs/secret-keys.md has it: ended by SIGTERM, and begun anew."""
        self.servers[number].process.stop()
        self.servers[number] = self._started()

    def stop(self) -> None:
        for server in self.servers:
            server.process.stop()

    def keys(self, *arguments: str) -> dict[str, Any]:
        told = self.servers[0].manage("rotate_secret_keys", *arguments, "--json")
        facts: dict[str, Any] = json.loads(told)
        return facts

    def between(self) -> None:
        """What goes on all the time: each server makes a robot, and all log in."""
        self.make_robots()
        self.check()

    def restart_all(self) -> None:
        for number in range(len(self.servers)):
            self.restart(number)
            self.between()

    def make_robots(self) -> None:
        """One by each server, over the API."""
        for server in self.servers:
            name = f"bot{len(self.tokens)}"
            request = Request(
                f"http://{server.address}/api/v1/organization/acme/robots/{name}",
                data=b"{}",
                method="PUT",
                headers={
                    "Authorization": f"Bearer {self._bearer}",
                    "Content-Type": "application/json",
                },
            )
            with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
                self.tokens[f"acme+{name}"] = json.load(answer)["token"]

    def check(self) -> None:
        """Every token logs in on both servers, and another robot's does not."""
        for server in self.servers:
            for name, token in self.tokens.items():
                assert server.get("/v2/auth", Authorization=basic(name, token)) == 200
            first, second, *_ = self.tokens
            wrong = basic(first, self.tokens[second])
            assert server.get("/v2/auth", Authorization=wrong) == 401


@pytest.fixture(params=["true", "false"], ids=["with copies", "digests only"])
def site(
    request: pytest.FixtureRequest, database: Path, tmp_path: Path
) -> Iterator[Site]:
    site = Site(
        tmp_path,
        ROBOT_TOKENS_RETRIEVABLE=request.param,
        # A refresh token that would be waited for is not what this is about.
        REGISTRY_REFRESH_TOKEN_LIFETIME="1",
    )
    try:
        site.settle()
        yield site
    finally:
        site.stop()


def test_no_login_fails_from_the_first_step_to_the_last(site: Site) -> None:
    site.between()
    (first,) = site.keys("status")["keys"]
    new = site.keys("new")["id"]
    site.restart_all()
    site.keys("activate", new)
    site.restart_all()
    site.keys("reseal")
    site.check()
    # What has no copy is written by the flush of a server that ends.
    site.restart_all()
    current, older = site.keys("status")["keys"]
    assert (current["id"], older["id"]) == (new, first["id"])
    assert older["needed_for"] == []
    assert current["rows"]["robots"] == len(site.tokens)
    site.keys("remove", first["id"])
    site.restart_all()
    site.check()
    (last,) = site.keys("status")["keys"]
    assert (last["id"], last["rows"]["robots"]) == (new, len(site.tokens))
