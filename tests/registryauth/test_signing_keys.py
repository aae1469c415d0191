"""manage.py signing_keys: list, add, activate, retire; and what it refuses."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from registryauth import signing
from registryauth.signer import key_store


def run(*arguments: str) -> str:
    """What the command printed on its standard output."""
    out = StringIO()
    call_command("signing_keys", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def told(*arguments: str) -> str:
    """What the command told the operator on its standard error."""
    err = StringIO()
    call_command("signing_keys", *arguments, stdout=StringIO(), stderr=err)
    return err.getvalue().strip()


def test_list_makes_the_first_key_and_shows_it() -> None:
    line = run("list").split("  ")
    key = signing.active_key()
    (known,) = key_store().known()
    since = f"active since {known.since:%Y-%m-%d %H:%M}Z"
    assert line == [key.id, "ES256", since, f"{key.kid}\n"]


def test_list_shows_every_key_and_which_one_signs() -> None:
    first = signing.active_key()
    added = run("add", "--algorithm", "RS256").strip()
    rows = [line.split() for line in run("list").splitlines()]
    assert sorted(row[0] for row in rows) == sorted([first.id, added])
    states = {row[0]: row[1:3] for row in rows}
    assert states == {first.id: ["ES256", "active"], added: ["RS256", "next"]}


def test_list_as_json_has_the_same_facts() -> None:
    key = signing.active_key()
    assert json.loads(run("list", "--json")) == {
        "keys": [
            {
                "id": key.id,
                "algorithm": "ES256",
                "kid": key.kid,
                "active": True,
                "state": "active",
                "since": key_store().known()[0].since.isoformat(),
                "due": None,
            },
        ]
    }


def test_add_makes_a_key_of_the_configured_kind_that_does_not_sign(
    settings: Settings,
) -> None:
    first = signing.active_key()
    settings.REGISTRY_SIGNING_ALGORITHM = "RS256"
    added = run("add").strip()
    algorithms = {key.id: key.algorithm for key in key_store().all()}
    assert algorithms == {first.id: "ES256", added: "RS256"}
    assert key_store().active().id == first.id


def test_a_key_is_changed_by_add_activate_and_retire() -> None:
    old = signing.active_key().id
    new = run("add").strip()
    said = "It signs from now on: every server knows within a second."
    assert told("activate", new) == said
    assert key_store().active().id == new
    with pytest.raises(CommandError, match=rf"{old} signed until .* With --now they"):
        run("retire", old)
    assert len(key_store().all()) == 2
    assert told("retire", old, "--now").startswith("Registries take its tokens until")
    assert [key.id for key in key_store().all()] == [new]


def test_a_key_that_signed_long_ago_is_retired_without_more(
    own_signing_keys: Path,
) -> None:
    old = signing.active_key().id
    new = run("add").strip()
    run("activate", new)
    long_ago = datetime.now(UTC) - timedelta(hours=2, seconds=1)
    (own_signing_keys / "activated").write_text(f"{new} {long_ago.isoformat()}\n")
    run("retire", old)
    assert [key.id for key in key_store().all()] == [new]


def age(own_signing_keys: Path, days: int) -> str:
    """Let the active key have signed for so long; its id."""
    key_id = signing.active_key().id
    began = datetime.now(UTC) - timedelta(days=days)
    aged = f"{began:%Y%m%dT%H%M%S}-aged"
    for end in "pem", "crt":
        path = own_signing_keys / f"{key_id}.{end}"
        path.rename(own_signing_keys / f"{aged}.{end}")
    (own_signing_keys / "active").write_text(f"{aged}\n")
    (own_signing_keys / "activated").write_text(f"{aged} {began.isoformat()}\n")
    signing.forget_keys()
    return aged


def test_rotate_does_what_is_due_and_says_it(
    own_signing_keys: Path, settings: Settings
) -> None:
    old = age(own_signing_keys, days=24)
    assert run("rotate") == ""
    settings.REGISTRY_SIGNING_KEY_DAYS = 30
    assert "add a new key: is due" in told("list")
    assert run("rotate", "--dry-run") == "add a new key\n"
    assert len(key_store().all()) == 1
    (line,) = run("rotate").splitlines()
    (added,) = [key.id for key in key_store().all() if key.id != old]
    assert line == f"{added} added; run registry_config and restart the registries"
    assert key_store().active().id == old
    assert run("rotate") == ""
    assert f"activate {added}: will be due at " in told("list")


def test_add_says_what_comes_next() -> None:
    assert told("add") == (
        "Run registry_config and restart the registries before you activate it."
    )


def test_the_key_that_signs_is_not_retired() -> None:
    key = signing.active_key()
    with pytest.raises(CommandError, match="signs: activate another key first"):
        run("retire", key.id)
    assert key_store().active().id == key.id


@pytest.mark.parametrize("deed", ["activate", "retire"])
def test_an_unknown_key_is_refused(deed: str) -> None:
    signing.active_key()
    with pytest.raises(CommandError, match="has no key none"):
        run(deed, "none")


@pytest.mark.parametrize(
    "arguments",
    [[], ["burn"], ["activate"], ["add", "--algorithm", "EdDSA"]],
    ids=["no deed", "unknown deed", "no id", "unknown algorithm"],
)
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
    assert key_store().is_empty()


def test_a_broken_key_is_named(own_signing_keys: Path) -> None:
    signing.active_key()
    (own_signing_keys / "broken.pem").write_text("nonsense")
    with pytest.raises(CommandError, match=r"cannot read signing key .*broken\.pem"):
        run("list")


def test_help_explains_a_change_of_keys(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        call_command("signing_keys", "--help")
    assert caught.value.code == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "To change keys without refusing a single pull" in printed
    assert "Exit codes: 0 done, 1 refused." in printed
