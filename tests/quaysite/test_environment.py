"""Environment variables: typed, named in errors; and secrets that make themselves."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from quaysite.environment import (
    SECRET_LENGTH,
    env_bool,
    env_generated_file,
    env_int,
    env_ints,
    env_list,
    env_secret,
    env_str,
)

NAME = "QUAYSITE_TEST"
MAKE_SECRET = (
    "import sys, pathlib; from quaysite.environment import env_secret;"
    "print(env_secret('UNSET_SECRET', pathlib.Path(sys.argv[1])))"
)


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """Where a secret is kept that nobody has set."""
    return tmp_path / "var" / "secret"


def test_an_unset_variable_is_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    assert env_str(NAME, "default") == "default"
    assert env_bool(NAME, True) is True
    assert env_int(NAME, 7) == 7
    assert env_list(NAME, ["a"]) == ["a"]
    assert env_ints(NAME, [30, 7]) == [30, 7]


def test_a_text_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "")
    assert env_str(NAME, "default") == ""
    monkeypatch.setenv(NAME, " a b ")
    assert env_str(NAME, "default") == " a b "


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "Yes", "on", " on "])
def test_what_reads_as_true(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)
    assert env_bool(NAME, False) is True


@pytest.mark.parametrize("value", ["0", "false", "False", "NO", "off", "", "  "])
def test_what_reads_as_false(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)
    assert env_bool(NAME, True) is False


@pytest.mark.parametrize("value", ["2", "ja", "truee", "None"])
def test_any_other_truth_is_an_error_that_names_the_variable(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured) as caught:
        env_bool(NAME, False)
    assert str(caught.value) == f"{NAME} must be true or false, not {value!r}"


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("-5", -5), (" 42 ", 42)])
def test_a_whole_number(
    value: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    assert env_int(NAME, 1) == number


@pytest.mark.parametrize("value", ["", "1.5", "5m", "0x10"])
def test_what_is_no_whole_number_is_an_error_that_names_the_variable(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured) as caught:
        env_int(NAME, 1)
    assert str(caught.value) == f"{NAME} must be a whole number, not {value!r}"


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("", []),
        (" , ", []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a , b ,", ["a", "b"]),
        ("a b,c", ["a b", "c"]),
    ],
)
def test_a_list_is_separated_by_commas(
    value: str, items: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    assert env_list(NAME, ["default"]) == items


def test_a_secret_that_is_set_is_used_and_none_is_made(
    generated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "from the environment")
    assert env_secret(NAME, generated) == "from the environment"
    assert not generated.parent.exists()


def test_a_secret_comes_from_the_file_that_name_file_points_to(
    generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = tmp_path / "mounted"
    mounted.write_text("  from a file\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(mounted))
    assert env_secret(NAME, generated) == "from a file"
    assert not generated.parent.exists()


def test_both_ways_at_once_are_an_error(
    generated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "one")
    monkeypatch.setenv(f"{NAME}_FILE", "/two")
    with pytest.raises(ImproperlyConfigured) as caught:
        env_secret(NAME, generated)
    assert str(caught.value) == f"set {NAME} or {NAME}_FILE, not both"


@pytest.mark.parametrize(
    ("content", "fault"),
    [(None, "cannot read"), (b"", "is empty"), (b" \n", "is empty")]
    + [(b"\xff\xfe", "cannot read")],
    ids=["missing", "empty", "blank", "not text"],
)
def test_a_file_without_a_secret_is_an_error_that_names_both(
    content: bytes | None,
    fault: str,
    generated: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mounted = tmp_path / "mounted"
    if content is not None:
        mounted.write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(mounted))
    with pytest.raises(ImproperlyConfigured, match=fault) as caught:
        env_secret(NAME, generated)
    assert NAME in str(caught.value)
    assert str(mounted) in str(caught.value)


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "unset"])
def test_a_secret_that_nobody_set_is_made_once_for_its_owner_alone(
    empty: bool, generated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if empty:
        monkeypatch.setenv(NAME, "")
    secret = env_secret(NAME, generated)
    assert len(secret) == SECRET_LENGTH
    assert len(set(secret)) > 10
    assert generated.stat().st_mode & 0o777 == 0o600
    assert generated.parent.stat().st_mode & 0o777 == 0o700
    assert env_secret(NAME, generated) == secret
    assert list(generated.parent.iterdir()) == [generated]


def test_two_sites_do_not_make_the_same_secret(tmp_path: Path) -> None:
    assert env_secret(NAME, tmp_path / "one") != env_secret(NAME, tmp_path / "two")


def test_processes_that_start_together_agree_on_one_secret(generated: Path) -> None:
    command = [sys.executable, "-c", MAKE_SECRET, str(generated)]
    starting = [
        subprocess.Popen(
            command,
            cwd=django_settings.BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    printed = {process.communicate(timeout=60)[0].strip() for process in starting}
    assert printed == {generated.read_text().strip()}
    assert list(generated.parent.iterdir()) == [generated]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "secret"
    with pytest.raises(ImproperlyConfigured, match=f"cannot create {path}: "):
        env_secret(NAME, path)


def test_a_link_into_nothing_is_named_and_not_replaced(generated: Path) -> None:
    generated.parent.mkdir()
    generated.symlink_to("not mounted")
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}: cannot read {generated}"):
        env_secret(NAME, generated)
    assert generated.is_symlink()
    assert list(generated.parent.iterdir()) == [generated]


@pytest.mark.parametrize("variable", [NAME, f"{NAME}_FILE"])
def test_a_secret_that_is_given_has_no_generated_file(
    variable: str, generated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (NAME, f"{NAME}_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert env_generated_file(NAME, generated) == generated
    monkeypatch.setenv(variable, "given")
    assert env_generated_file(NAME, generated) is None
    assert not generated.exists()


@pytest.mark.parametrize(
    ("value", "numbers"), [("30, 7,1", [30, 7, 1]), ("", []), ("5", [5])]
)
def test_numbers_are_separated_by_commas(
    value: str, numbers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, value)
    assert env_ints(NAME, [1]) == numbers


def test_a_list_with_something_else_in_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(NAME, "30,soon")
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be whole numbers"):
        env_ints(NAME, [1])
