"""manage.py signing_keys: list, add, activate, retire; and what it refuses."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from registryauth import signing


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
    line = run("list").split()
    key = signing.active_key()
    assert line == [key.id, "ES256", "signs", key.kid]


def test_list_shows_every_key_and_which_one_signs() -> None:
    first = signing.active_key()
    added = run("add", "--algorithm", "RS256").strip()
    rows = [line.split() for line in run("list").splitlines()]
    assert sorted(row[0] for row in rows) == sorted([first.id, added])
    states = {row[0]: row[1:3] for row in rows}
    assert states == {first.id: ["ES256", "signs"], added: ["RS256", "published"]}


def test_list_as_json_has_the_same_facts() -> None:
    key = signing.active_key()
    assert json.loads(run("list", "--json")) == {
        "keys": [
            {"id": key.id, "algorithm": "ES256", "kid": key.kid, "active": True},
        ]
    }


def test_add_makes_a_key_of_the_configured_kind_that_does_not_sign(
    settings: Settings,
) -> None:
    first = signing.active_key()
    settings.REGISTRY_SIGNING_ALGORITHM = "RS256"
    added = run("add").strip()
    algorithms = {key.id: key.algorithm for key in signing.key_store().all()}
    assert algorithms == {first.id: "ES256", added: "RS256"}
    assert signing.key_store().active().id == first.id


def test_a_key_is_changed_by_add_activate_and_retire() -> None:
    old = signing.active_key().id
    new = run("add").strip()
    assert told("activate", new) == "It signs as soon as Quaysite has been restarted."
    assert signing.key_store().active().id == new
    told_last = "Run registry_config and restart the registries."
    assert told("retire", old) == told_last
    assert [key.id for key in signing.key_store().all()] == [new]


def test_add_says_what_comes_next() -> None:
    assert told("add") == (
        "Run registry_config and restart the registries before you activate it."
    )


def test_the_key_that_signs_is_not_retired() -> None:
    key = signing.active_key()
    with pytest.raises(CommandError, match="signs: activate another key first"):
        run("retire", key.id)
    assert signing.key_store().active().id == key.id


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
    assert signing.key_store().is_empty()


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
