"""compose.yml: by a strict reader of the Compose specification, and by its parts."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from tests.deploy.files import DEPLOY, compose, interpolated
from tests.deploy.nginx import FILES, changed, command, write_main
from tests.federation.certificates import Authority

FOLDER = DEPLOY / "compose"


def test_the_specification_knows_every_part_of_it() -> None:
    read = PyCompose.from_yaml(yaml.safe_dump(compose()))
    read.validate()
    read.to_spec()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("healthcheck:", "healthchek:"),
        ("stop_grace_period: 30s", "stop_grace_period: 30 turns"),
        ("- database_url", "- data_url"),
    ],
)
def test_what_is_wrong_is_noticed(old: str, new: str) -> None:
    text = yaml.safe_dump(compose())
    assert old in text
    with pytest.raises(ValueError, match=r"\w"):
        PyCompose.from_yaml(text.replace(old, new, 1)).validate()


def test_a_variable_that_is_asked_for_and_not_set_is_noticed() -> None:
    text = (FOLDER / "compose.yml").read_text()
    with pytest.raises(KeyError, match="QUAYSITE_IMAGE"):
        interpolated(text, {})


def test_what_services_wait_for_and_mount_is_there() -> None:
    document = compose()
    for name, service in document["services"].items():
        assert set(service.get("depends_on", [])) <= set(document["services"]), name
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).is_file(), source
            else:
                assert source in document["volumes"], source


def addresses(document: Any) -> dict[str, str]:
    """The fixed address of each service that has one."""
    return {
        name: service["networks"]["default"]["ipv4_address"]
        for name, service in document["services"].items()
        if isinstance(service.get("networks"), dict)
    }


def test_only_quaysite_reaches_the_database_and_redis() -> None:
    document = compose()
    assert document["networks"]["data"] == {"internal": True}
    image = document["services"]["migrate"]["image"]
    for name, service in document["services"].items():
        networks = set(service.get("networks", ["default"]))
        if name in ("database", "redis"):
            assert networks == {"data"}, name
        else:
            is_ours = service["image"] == image
            assert networks == ({"default", "data"} if is_ours else {"default"}), name


def test_the_proxy_asks_the_addresses_that_services_have() -> None:
    at = addresses(compose())
    text = (FOLDER / "nginx.conf").read_text()
    assert text.count(f"server {at['quaysite-1']}:8000 ") == 1
    assert text.count(f"server {at['quaysite-2']}:8000 ") == 1
    assert text.count(f"server {at['registry']}:5000 ") == 1
    assert text.count("server 172.") == len(at) == 3


@pytest.mark.e2e
def test_nginx_finds_no_fault_in_the_proxys_configuration(tmp_path: Path) -> None:
    Authority(tmp_path).server("registry.example.com")
    pem = str(tmp_path / "server.pem")
    site = changed(
        (FOLDER / "nginx.conf").read_text(),
        {
            # Debian's is older than the directive.
            "listen 8443 ssl;\n    http2 on;": "listen 8443 ssl http2;",
            "/run/secrets/tls_certificate": pem,
            "/run/secrets/tls_key": pem,
            "/etc/nginx/quaysite-locations.conf": f"{FILES}/quaysite-locations.conf",
        },
    )
    tested = subprocess.run(
        command(write_main(tmp_path, site), "-t"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stderr
