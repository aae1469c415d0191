"""What `make run` prints."""

from dataclasses import replace
from pathlib import Path

from quaysite.quickstart.banner import Facts, banner
from robots.credentials import Secret

FACTS = Facts(
    site="127.0.0.1:8000",
    registry="127.0.0.1:5000",
    admin_password=Secret("hunter2"),
    writer_secret=Secret("WRITER"),
    reader_secret=Secret("READER"),
    folder=Path("/srv/my site"),
    logs=Path("/srv/my site/log"),
)


def test_a_first_start_shows_addresses_the_password_and_the_tokens() -> None:
    text = banner(FACTS)
    assert "http://127.0.0.1:8000/admin/" in text
    assert "user admin, password hunter2 (shown this once)" in text
    assert "127.0.0.1:5000" in text
    for secret in "WRITER", "READER":
        assert secret in text


def test_a_later_start_says_how_to_set_the_password_anew() -> None:
    text = banner(replace(FACTS, admin_password=None))
    assert "shown at the first start" in text
    assert "manage.py changepassword admin" in text


def test_a_token_that_cannot_be_shown_comes_with_how_to_replace_it() -> None:
    text = banner(replace(FACTS, writer_secret=None))
    assert "manage.py regenerate_robot_token acme+ci" in text
    assert "regenerate_robot_token acme+reader" not in text


def test_without_a_registry_it_says_how_to_get_one() -> None:
    text = banner(replace(FACTS, registry=None))
    assert "Quaysite runs alone" in text
    assert "apt-get install docker-registry" in text
    assert "skopeo" not in text


def test_a_folder_with_a_space_is_quoted_for_the_shell() -> None:
    assert "  cd '/srv/my site'\n" in banner(FACTS)
