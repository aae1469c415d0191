"""`manage.py demo`: the whole story with a real client, on a site of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from quaysite.quickstart.ports import free_ports
from tests.e2e.programs import require

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.e2e


def demo(
    var: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    port, registry_port = free_ports()
    return subprocess.run(
        [
            *(sys.executable, "manage.py", "demo", "--port", str(port)),
            *("--registry-port", str(registry_port), *arguments),
        ],
        cwd=CHECKOUT,
        env={**os.environ, "VAR_DIR": str(var), "TMPDIR": str(var), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.mark.parametrize("client", ["skopeo", "podman"])
def test_every_step_of_the_story_is_true(tmp_path: Path, client: str) -> None:
    require("docker-registry")
    require(client)
    done = demo(tmp_path, "--client", client)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n   ok: ") == 13
    assert "FAILED" not in done.stdout
    assert not re.search(r"[A-Z0-9]{64}", done.stdout), "a token was printed"
    assert (
        "unauthorized: Robot accounts have been disabled."
        " Please contact your administrator." in done.stdout
    )
    # What the settings make on their own; no database, no temporary folder.
    own = {"secret_key", "robots_secret_keys", "signing-keys"}
    assert {path.name for path in tmp_path.iterdir()} <= own


def test_without_a_client_it_names_the_package(tmp_path: Path) -> None:
    done = demo(tmp_path, PATH=str(tmp_path))
    assert done.returncode == 1
    assert "apt-get install skopeo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_story_that_goes_otherwise_ends_with_a_failure(tmp_path: Path) -> None:
    require("docker-registry")
    skopeo = tmp_path / "skopeo"
    # A client that claims success whatever the server says.
    skopeo.write_text("#!/bin/sh\necho 'Login Succeeded!'\n")
    skopeo.chmod(0o755)
    done = demo(tmp_path, PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 1
    assert "not as told" in done.stderr
    assert "10. The old token is dead" in done.stderr
