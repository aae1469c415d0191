"""Keys for what is kept at rest: one subkey for each purpose, newest first."""

import re

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from pytest_django.fixtures import Settings

from robots import keyring

OLD, NEW = "old key " * 5, "new key " * 5


def test_subkeys_are_32_bytes_each_of_its_own(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    keys = [*keyring.keys("digests"), *keyring.keys("seals")]
    assert [len(key) for key in keys] == [32] * 4
    assert len(set(keys)) == 4


def test_a_subkey_is_what_hkdf_expand_makes_of_the_root(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = OLD
    info = b"quaysite robot token seal"
    expected = HKDFExpand(SHA256(), 32, info).derive(OLD.strip().encode())
    assert keyring.current_key("robot token seal") == expected


def test_the_first_key_is_for_new_work(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = OLD
    old = keyring.current_key("seals")
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    assert keyring.current_key("seals") == keyring.keys("seals")[0] != old
    assert keyring.keys("seals")[1] == old


@pytest.mark.parametrize(
    "value",
    [f"{NEW},{OLD}", f" {NEW} , {OLD},, ", [NEW.strip(), OLD.strip()]],
    ids=["text", "text-with-gaps", "list"],
)
def test_keys_come_as_text_or_as_a_list(settings: Settings, value: object) -> None:
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    expected = keyring.keys("seals")
    settings.ROBOTS_SECRET_KEYS = value
    assert keyring.keys("seals") == expected


@pytest.mark.parametrize("value", ["", " , ", []], ids=["empty", "commas", "list"])
def test_without_keys_the_site_key_protects_tokens(
    settings: Settings, value: object
) -> None:
    settings.ROBOTS_SECRET_KEYS = value
    settings.SECRET_KEY = "first site key"
    first = keyring.keys("seals")
    settings.SECRET_KEY = "second site key"
    assert len(first) == 1
    assert keyring.keys("seals") != first


def test_an_id_is_of_the_key_and_of_nothing_else(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    new, old = keyring.key_ids()
    assert re.fullmatch("[0-9a-f]{8}", new)
    assert new != old
    assert keyring.current_key_id() == new == keyring.key_id_of(NEW.strip())
    settings.ROBOTS_SECRET_KEYS = f"{OLD},{NEW}"
    assert keyring.key_ids() == (old, new)


def test_an_id_is_the_beginning_of_no_subkey_in_use(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = OLD
    for purpose in ("robot token digest", "robot token seal", "client key"):
        assert (
            not keyring.current_key(purpose).hex().startswith(keyring.current_key_id())
        )


@pytest.mark.parametrize(
    ("keys", "one"), [(OLD, True), (f"{NEW},{OLD}", False), ("", True)]
)
def test_whether_there_is_one_key(keys: str, one: bool, settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = keys
    assert keyring.has_one_root() is one
