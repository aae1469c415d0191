"""What is done to a page of docs/ before it becomes one of the site."""

import pytest

from manual import outside
from manual.lists import widened


@pytest.mark.parametrize(
    ("page", "link", "there"),
    [
        ("install.md", "../deploy/README.md", "repository/deploy/README.md"),
        ("install.md", "settings.md#people", "settings.md#people"),
        ("how-to/teams.md", "../bulk.md", "../bulk.md"),
        ("how-to/teams.md", "#in-the-admin", "#in-the-admin"),
        ("repository/deploy/README.md", "../docs/backup.md", "../../backup.md"),
        ("repository/CHANGELOG.md", "docs/api.md", "../api.md"),
        ("api.md", "https://example.com/", "https://example.com/"),
    ],
)
def test_links_are_those_of_the_site(page: str, link: str, there: str) -> None:
    text = outside.with_links_of_the_site(f"See [this]({link}).", page)
    assert text == f"See [this]({there})."


def test_a_file_that_the_site_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="deploy/upkeep"):
        outside.with_links_of_the_site("[this](../deploy/upkeep)", "install.md")


BEFORE = """\
Steps:
1. One
   goes on:
   ```
   code
   ```
2. Two

   more
- a
  b

After"""

AFTER = """\
Steps:

1. One
    goes on:

    ```
    code
    ```
2. Two

    more
- a
    b

After"""


def test_lists_are_as_wide_as_python_markdown_needs_them() -> None:
    assert widened(BEFORE) == AFTER


def test_code_outside_of_lists_stays_as_it_is() -> None:
    text = "Text\n\n```\n- no item\n  inside\n1. none\n```\n\nText"
    assert widened(text) == text
