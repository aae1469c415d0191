"""manage.py registry_config: YAML that says what the site says, beside true keys."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from cryptography import x509
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from registryauth import signing
from registryauth.registry_configuration import RegistryConfiguration
from registryauth.signer import key_store

ODD = 'a: b # "c" {d} \\ é'


def parsed(text: str) -> dict[str, Any]:
    """The little YAML that we write: nested maps, JSON strings and plain words."""
    root: dict[str, Any] = {}
    levels = [root]
    for line in text.splitlines():
        key, colon, value = line.strip().partition(":")
        assert colon, line
        depth = (len(line) - len(line.lstrip(" "))) // 2
        del levels[depth + 1 :]
        child = _scalar(value.strip()) if value.strip() else {}
        levels[depth][key] = child
        if isinstance(child, dict):
            levels.append(child)
    return root


def _scalar(text: str) -> object:
    if text.startswith("["):
        assert text.endswith("]")
        return text[1:-1].split(", ")
    if text.startswith('"'):
        return json.loads(text)
    assert text.replace(".", "").isalnum(), text
    return text


def run(*arguments: str) -> tuple[dict[str, Any], str]:
    """What the command printed, parsed, and what it reported."""
    out, err = StringIO(), StringIO()
    call_command("registry_config", *arguments, stdout=out, stderr=err)
    return parsed(out.getvalue()), err.getvalue()


def test_it_names_this_site_and_files_that_exist(tmp_path: Path) -> None:
    configuration, report = run("--directory", str(tmp_path / "new" / "folder"))
    bundle, jwks = tmp_path / "new/folder/bundle.pem", tmp_path / "new/folder/jwks.json"
    assert configuration == {
        "version": "0.1",
        "log": {"level": "info"},
        "storage": {
            "filesystem": {"rootdirectory": "/var/lib/registry"},
            "delete": {"enabled": "true"},
        },
        "http": {
            "addr": "127.0.0.1:5000",
            "headers": {"X-Content-Type-Options": ["nosniff"]},
        },
        "auth": {
            "token": {
                "realm": "http://127.0.0.1:8000/v2/auth",
                "service": "127.0.0.1:5000",
                "issuer": "quaysite",
                "rootcertbundle": str(bundle),
                "jwks": str(jwks),
                "signingalgorithms": ["ES256", "RS256"],
            }
        },
    }
    assert report.splitlines() == [
        f"wrote {bundle} and {jwks}",
        "restart the registry: it reads them at start only",
    ]
    assert bundle.read_text() == signing.certificate_bundle()
    assert json.loads(jwks.read_text()) == signing.jwks()


def test_a_registry_with_those_files_verifies_our_tokens(tmp_path: Path) -> None:
    signing.active_key()
    key_store().add("RS256")
    run("--directory", str(tmp_path))
    token = signing.sign({"sub": "acme+ci"})
    keys = json.loads((tmp_path / "jwks.json").read_text())["keys"]
    assert len(keys) == 2
    kid = jwt.get_unverified_header(token)["kid"]
    (jwk,) = [jwt.PyJWK(key) for key in keys if key["kid"] == kid]
    assert jwt.decode(token, jwk.key, algorithms=["ES256"]) == {"sub": "acme+ci"}
    bundle = (tmp_path / "bundle.pem").read_bytes()
    assert len(x509.load_pem_x509_certificates(bundle)) == 2
    assert b"PRIVATE" not in bundle


def test_options_replace_what_the_settings_say(
    tmp_path: Path, settings: Settings
) -> None:
    settings.REGISTRY_SERVICES = ["first", "second"]
    configuration, _ = run(
        *("--directory", str(tmp_path)),
        *("--addr", "0.0.0.0:5443"),
        *("--storage", "/srv/images"),
        *("--service", "second"),
        *("--realm", "https://quay.example/v2/auth"),
    )
    assert configuration["http"]["addr"] == "0.0.0.0:5443"
    assert configuration["storage"]["filesystem"] == {"rootdirectory": "/srv/images"}
    assert configuration["auth"]["token"]["service"] == "second"
    assert configuration["auth"]["token"]["realm"] == "https://quay.example/v2/auth"


def test_without_a_folder_the_files_lie_beside_the_keys(
    tmp_path: Path, settings: Settings
) -> None:
    settings.REGISTRY_SIGNING_KEYS_DIR = tmp_path / "keys"
    configuration, _ = run()
    bundle = configuration["auth"]["token"]["rootcertbundle"]
    assert bundle == str(tmp_path / "registry" / "bundle.pem")


def test_it_says_whether_a_registry_has_to_be_restarted_and_until_when(
    tmp_path: Path, settings: Settings
) -> None:
    def said() -> str:
        return run("--directory", str(tmp_path))[1].splitlines()[1]

    assert said() == "restart the registry: it reads them at start only"
    assert said() == "nothing changed: a registry that has these files needs no restart"
    gone = key_store().active().id
    key_store().activate(key_store().add("ES256").id)
    assert said() == "restart the registry: it reads them at start only"
    key_store().retire(gone)
    settings.REGISTRY_SIGNING_KEY_DAYS = 30
    (active,) = key_store().known()
    added = key_store().add("ES256")
    due = active.since + timedelta(days=30)
    assert said() == (
        f"restart the registry before {due:%Y-%m-%d %H:%M}Z,"
        f" when {added.id} begins to sign"
    )
    assert said() == "nothing changed: a registry that has these files needs no restart"


def test_it_is_run_again_after_a_change_of_keys(tmp_path: Path) -> None:
    run("--directory", str(tmp_path))
    key_store().add("ES256")
    run("--directory", str(tmp_path))
    assert len(json.loads((tmp_path / "jwks.json").read_text())["keys"]) == 2


TOKEN = "n" * 40


def endpoint(text: str) -> dict[str, Any]:
    """The one endpoint of notifications in the configuration."""
    endpoints = yaml.safe_load(text)["notifications"]["endpoints"]
    assert len(endpoints) == 1
    found: dict[str, Any] = endpoints[0]
    return found


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("registry_config", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_registry_is_told_where_to_send_notifications(
    tmp_path: Path, settings: Settings
) -> None:
    settings.REGISTRY_NOTIFICATION_TOKENS = f"{TOKEN},{'o' * 40}"
    text = printed("--directory", str(tmp_path))
    assert endpoint(text) == {
        "name": "quaysite",
        "url": "http://127.0.0.1:8000/registry/notifications",
        "headers": {"Authorization": [f"Bearer {TOKEN}"]},
        "timeout": "5s",
        "threshold": 5,
        "backoff": "10s",
        "ignore": {"mediatypes": ["application/octet-stream"]},
    }
    assert "o" * 40 not in text
    assert yaml.safe_load(text)["auth"]["token"]["issuer"] == "quaysite"
    # A registry would write the header to its log.
    assert yaml.safe_load(text)["log"] == {"level": "warn"}
    written = [path.read_text() for path in tmp_path.iterdir()]
    assert TOKEN not in "".join(written)


def test_a_registry_may_reach_us_elsewhere(tmp_path: Path, settings: Settings) -> None:
    settings.REGISTRY_NOTIFICATION_TOKENS = TOKEN
    url = "http://quaysite.internal:8000/registry/notifications"
    text = printed("--directory", str(tmp_path), "--notifications-url", url)
    assert endpoint(text)["url"] == url


def test_no_notifications_go_where_none_are_taken(tmp_path: Path) -> None:
    assert "notifications:" not in printed("--directory", str(tmp_path / "one"))
    with pytest.raises(CommandError) as caught:
        printed("--directory", str(tmp_path / "two"), "--notifications-url", "http://x")
    message = "--notifications-url: REGISTRY_NOTIFICATION_TOKENS is not set"
    assert str(caught.value) == message
    assert not (tmp_path / "two").exists()


def test_an_unknown_service_is_refused(tmp_path: Path, settings: Settings) -> None:
    settings.REGISTRY_SERVICES = ["first", "second"]
    with pytest.raises(CommandError) as caught:
        run("--service", "third", "--directory", str(tmp_path))
    message = "--service third is not in REGISTRY_SERVICES (first, second)"
    assert str(caught.value) == message
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match=f"cannot write to {tmp_path}/file/x: "):
        run("--directory", str(tmp_path / "file" / "x"))


def test_a_broken_key_is_reported_without_a_traceback(
    tmp_path: Path, own_signing_keys: Path
) -> None:
    (own_signing_keys / "broken.pem").write_text("nonsense")
    with pytest.raises(CommandError, match="has no active signing key"):
        run("--directory", str(tmp_path))


def test_odd_values_stay_what_they_are() -> None:
    text = RegistryConfiguration(
        address=ODD,
        storage=Path(f"/srv/{ODD}"),
        realm=ODD,
        service=ODD,
        issuer=ODD,
        folder=Path(f"/etc/{ODD}"),
    ).as_yaml()
    configuration = parsed(text)
    assert configuration["http"]["addr"] == ODD
    storage = configuration["storage"]["filesystem"]["rootdirectory"]
    assert storage == f"/srv/{ODD}"
    token = configuration["auth"]["token"]
    assert {token["realm"], token["service"], token["issuer"]} == {ODD}
    assert token["rootcertbundle"] == f"/etc/{ODD}/bundle.pem"


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        call_command("registry_config", "--help")
    assert caught.value.code == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Example: manage.py registry_config --directory" in printed
    assert "Exit codes:" in printed
