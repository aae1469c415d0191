"""The signing key changes while two servers and a registry are used: nobody notices."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.clients import Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import registry_get, request, token
from tests.e2e.registry_client import key_of
from tests.e2e.registry_load import Load
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

OPERATIONS = 1_000
"""At least so many pulls and pushes, from before the first step to after the last."""

PHASE = 80
"""So many between two steps, besides those that go on during the steps."""

LONG_AGO = datetime.now(UTC) - timedelta(hours=3)
"""Later than this no token of a key lives that signed before."""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def sites(site: Site, keys: Path) -> Iterator[tuple[Site, Site]]:
    """Two servers with one folder of keys, and for each a registry of the same images.

    Both registries are one service. The first one runs.
    """
    folder = str(keys)
    one = site.sibling("one", REGISTRY_SIGNING_KEYS_DIR=folder, WORKERS="2")
    two = site.sibling(
        "two",
        REGISTRY_SIGNING_KEYS_DIR=folder,
        REGISTRY_SERVICES=one.registry,
        WORKERS="2",
    )
    images = one.registry_folder / "images"
    images.mkdir(parents=True)
    two.registry_folder.mkdir()
    (two.registry_folder / "images").symlink_to(images)
    with ExitStack() as stack:
        stack.enter_context(one.running())
        stack.enter_context(two.serving())
        yield one, two


@pytest.fixture
def load(sites: tuple[Site, Site], cast: Cast, skopeo: Skopeo) -> Load:
    """With something to pull in the registry that runs."""
    one, two = sites
    web, public = cast.repository("web"), cast.repository("public")
    skopeo.registry = one.registry
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0
    servers = (one.address, two.address)
    who = cast.writer
    return Load(servers, one.registry, one.registry, who, web, public, skopeo)


def test_no_pull_and_no_push_fails_while_the_signing_key_changes(
    sites: tuple[Site, Site], keys: Path, load: Load
) -> None:
    one, two = sites
    scope = f"repository:{load.repository}:pull"
    old_token = token(one, load.who, scope)
    old = key_of(old_token)
    with load.going_on():
        new = change_key(sites, keys, load)

    assert load.failures == []
    done = Counter(one.what for one in load.done)
    print(f"\nnone failed of {done.total()}: {dict(done)}")  # noqa: T201
    assert done.total() >= OPERATIONS
    assert min(done["pull"], done["push"]) > OPERATIONS // 3
    assert done["skopeo"] >= 3
    # Each server signed with each key, and each registry was used.
    by_http = [one for one in load.done if one.key]
    assert {(one.route.server, one.key) for one in by_http} == {
        (server, key) for server in load.servers for key in (old, new)
    }
    assert {one.route.registry for one in by_http} == {one.registry, two.registry}
    # And the old key is gone, everywhere.
    assert not accepts(one, old_token, load.repository)
    assert accepts(one, token(one, load.who, scope), load.repository)
    assert [published(site) for site in sites] == [[new], [new]]


def change_key(sites: tuple[Site, Site], keys: Path, load: Load) -> str:
    """What docs/registry.md says, step by step; what tokens call the new key."""
    one, two = sites
    load.goes_on(PHASE)
    old = listed(one)["active"]["id"]
    new = one.manage("signing_keys", "add").strip()
    load.goes_on(PHASE)
    restart_registry(load, old=one, new=two)
    load.goes_on(PHASE)
    two.manage("signing_keys", "activate", new)
    signs = listed(one)["active"]
    assert signs["id"] == new
    load.wait_for_key(signs["kid"])
    load.goes_on(PHASE)
    (keys / "activated").write_text(f"{new} {LONG_AGO.isoformat()}\n")
    one.manage("signing_keys", "retire", old)
    load.goes_on(PHASE)
    restart_registry(load, old=two, new=one)
    load.goes_on(max(PHASE, OPERATIONS - len(load.done)))
    return signs["kid"]


def restart_registry(load: Load, *, old: Site, new: Site) -> None:
    """As an operator does it without cutting a connection: one up, the other down."""
    new.start_registry()
    load.switch_to(new.registry)
    old.stop_registry()


def accepts(site: Site, bearer: str, repository: str) -> bool:
    answer = registry_get(site, f"/v2/{repository}/tags/list", bearer)
    assert answer.status in (200, 401)
    return answer.status == 200


def listed(site: Site) -> dict[str, dict[str, str]]:
    """What the command tells of the one key of each state."""
    found = json.loads(site.manage("signing_keys", "list", "--json"))["keys"]
    return {key["state"]: key for key in found}


def published(site: Site) -> list[str]:
    answer = request("GET", site.address, "/.well-known/jwks.json")
    return [key["kid"] for key in answer.json["keys"]]
