"""Registries that an operator names: which addresses and certificates will do."""

from pathlib import Path

import pytest

from robots.errors import DomainError
from robots.remote import Remote

NONE = "The registry's address is not a URL (https://HOST)"
MORE = "The URL may have a host, a port and a path, no more"


@pytest.mark.parametrize(
    "url",
    [
        "https://registry.example.com",
        "https://registry.example.com:8443/quay/",
        "http://127.0.0.1:5000",
        "http://localhost",
        "http://[::1]:5000",
    ],
)
def test_what_may_be_asked(url: str) -> None:
    assert Remote(url).url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("", NONE),
        ("registry.example.com", NONE),
        ("ftp://hunter2@registry.example.com", NONE),
        ("user:hunter2@registry.example.com", NONE),
        ("https://[hunter2", NONE),
        ("https://[::1", NONE),
        ("https://[bad]x/", NONE),
        ("https://", NONE),
        ("https://:443", NONE),
        ("https://registry.example.com:hunter2", NONE),
        ("https://registry.example.com:99999", NONE),
        ("https://registry.example.com:0", NONE),
        ("https://user:hunter2@registry.example.com", MORE),
        ("https://:hunter2@registry.example.com", MORE),
        ("http://:hunter2@127.0.0.1:1", MORE),
        ("https://@registry.example.com", MORE),
        ("https://registry.example.com?password=hunter2", MORE),
        ("https://registry.example.com?", MORE),
        ("https://registry.example.com#hunter2", MORE),
        (
            "http://registry.example.com",
            "http://registry.example.com: only this machine is asked without https",
        ),
    ],
)
def test_what_may_not_be_asked_is_not_repeated_with_its_password(
    url: str, error: str
) -> None:
    with pytest.raises(DomainError) as refused:
        Remote(url)
    assert refused.value.message == error


def test_certificates_that_cannot_be_used(tmp_path: Path) -> None:
    nonsense = tmp_path / "ca.pem"
    nonsense.write_text("nonsense")
    for path, kind in (
        (tmp_path / "nowhere", "FileNotFoundError"),
        (tmp_path, "IsADirectoryError"),
        (nonsense, "SSLError"),
    ):
        with pytest.raises(DomainError) as refused:
            Remote("https://registry.example.com", ca_file=str(path))
        assert refused.value.message == f"--ca-file: {path} cannot be used ({kind})"
