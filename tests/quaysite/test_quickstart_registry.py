"""Where the registry comes from: a binary, else a container engine, else nowhere."""

from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from quaysite.quickstart.engine import Container
from quaysite.quickstart.registry import (
    RegistryMissing,
    RegistryProcess,
    find_registry,
)
from registryauth.registry_configuration import RegistryConfiguration
from tests.e2e.processes import free_address
from tests.e2e.programs import require


def program(folder: Path, name: str, exit_code: int = 0) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that programs are found in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def configuration(tmp_path: Path) -> RegistryConfiguration:
    return RegistryConfiguration(
        address="127.0.0.1:5999",
        storage=tmp_path / "images",
        realm="http://127.0.0.1:8999/v2/auth",
        service="127.0.0.1:5999",
        issuer="quaysite",
        folder=tmp_path / "registry",
    )


def test_debian_s_program_comes_before_the_upstream_one(programs: Path) -> None:
    upstream = program(programs, "registry")
    assert find_registry() == [str(upstream), "serve"]
    debian = program(programs, "docker-registry")
    assert find_registry() == [str(debian), "serve"]


def test_without_a_binary_or_an_engine_there_is_no_registry(
    programs: Path, configuration: RegistryConfiguration
) -> None:
    assert find_registry() is None
    with pytest.raises(RegistryMissing):
        RegistryProcess(configuration, programs / "log")


def test_an_engine_that_does_not_work_does_not_count(
    programs: Path, configuration: RegistryConfiguration
) -> None:
    program(programs, "docker", exit_code=1)
    with pytest.raises(RegistryMissing):
        RegistryProcess(configuration, programs / "log")


def test_an_engine_serves_where_there_is_no_binary(
    programs: Path, configuration: RegistryConfiguration
) -> None:
    program(programs, "docker", exit_code=1)
    program(programs, "podman")
    process = RegistryProcess(configuration, programs / "log")
    assert process.name == "the registry"


@pytest.mark.parametrize("engine", ["/usr/bin/docker", "/usr/bin/podman"])
def test_a_container_is_gone_afterwards_and_sees_its_folders_only(engine: str) -> None:
    command = Container(engine, "name", [Path("/a"), Path("/b")]).command
    assert command[:3] == [engine, "run", "--rm"]
    assert [part for part in command if part.startswith("--volume")] == [
        "--volume=/a:/a",
        "--volume=/b:/b",
    ]
    assert command[-2:] == ["registry:2", "serve"]
    # Rootless podman maps its root to this user; docker's root would be root.
    assert ("--user" in command) == engine.endswith("docker")


@pytest.mark.e2e
def test_podmans_variable_does_not_keep_the_registry_from_starting(
    configuration: RegistryConfiguration,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    require("docker-registry")
    address = free_address()
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    registry = RegistryProcess(
        replace(configuration, address=address), tmp_path / "registry.log"
    )
    registry.start()
    try:
        registry.wait_until_ready()
        with pytest.raises(HTTPError) as refusal:
            urlopen(f"http://{address}/v2/", timeout=5)
        assert refusal.value.code == 401
        refusal.value.close()
    finally:
        registry.stop()
