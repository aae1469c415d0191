"""A file gives a robot its access, and taking it away takes the pull away."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.accounts import Account
from tests.e2e.clients import Podman
from tests.e2e.conftest import Cast
from tests.e2e.programs import require
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

DAYS = 100
"""How long ago everything happened before what is unused is looked for."""


@pytest.fixture
def writing(site: Site) -> Iterator[Site]:
    """A site that writes uses every second, with a registry of its own."""
    with site.sibling("writing", USAGE_FLUSH_SECONDS="1").running() as sibling:
        yield sibling


def wait_for_use(site: Site, repository: str, robot: str) -> None:
    until = time.monotonic() + 30
    while [robot, "pull"] not in site.call("uses", repository=repository):
        assert time.monotonic() < until, "the use is not written"


def access_file(folder: Path, organization: str) -> Path:
    """A new robot `fresh` that may read `web` and `vault`, beside what is there."""
    path = folder / "access.yaml"
    path.write_text(
        f"""\
version: 1
namespaces:
  {organization}:
    partial: true
    robots:
      fresh:
        description: Made by a file
    repositories:
      web:
        permissions:
          {organization}+fresh: read
      vault:
        permissions:
          {organization}+fresh: read
"""
    )
    return path


def applied(site: Site, folder: Path, organization: str) -> Account:
    """The robot that the file makes, with the token that went into another file."""
    tokens = folder / "tokens.json"
    said = site.manage(
        *("apply_access", str(access_file(folder, organization))),
        *("--tokens-file", str(tokens)),
    )
    made: dict[str, str] = json.loads(tokens.read_text())
    robot = f"{organization}+fresh"
    account = site.account(robot, made.pop(robot))
    assert not made
    assert tokens.stat().st_mode & 0o777 == 0o600
    assert account.secret not in said
    return account


def test_a_file_lets_podman_pull_and_trimming_ends_it(
    writing: Site, cast: Cast, tmp_path: Path
) -> None:
    require("podman")
    podman = Podman(tmp_path, writing.registry)
    web, vault = cast.repository("web"), cast.repository("vault")
    podman.must_login(cast.owner)
    assert podman.push(web).code == 0
    assert podman.push(vault).code == 0

    fresh = applied(writing, tmp_path, cast.organization)
    podman.must_login(fresh)
    for repository in (web, vault):
        assert podman.pull(repository).code == 0
        wait_for_use(writing, repository, fresh.name)

    writing.call("age", namespace=cast.organization, days=DAYS)
    writing.call("use", namespace=cast.organization, robot="fresh", repository="vault")
    trimmed = tmp_path / "trimmed.yaml"
    writing.manage(
        *("unused_access", "--namespace", cast.organization),
        *("--days", "90", "--trim", str(trimmed)),
    )
    assert podman.pull(web).code == 0, "a plan changes nothing by itself"
    writing.manage("apply_access", str(trimmed), "--prune")

    refused = podman.pull(web)
    assert refused.code != 0
    assert "denied" in refused.text or "unauthorized" in refused.text
    assert podman.pull(vault).code == 0


def test_applying_the_file_again_changes_nothing(
    site: Site, cast: Cast, tmp_path: Path
) -> None:
    applied(site, tmp_path, cast.organization)

    again = site.manage(
        "apply_access", str(tmp_path / "access.yaml"), "--dry-run", "--prune", "--json"
    )

    assert json.loads(again)["changes"] == []
