"""What the tests of the manual take for a block, a command, and the right output."""

from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.blocks import Block, blocks_of
from tests.docs.console import Step, agrees, steps_of

PAGE = """\
# A page

<!-- exit codes: 0 2 -->
```console
$ one --more \\
    --and-more
said

$ two
```

1. In a list:
   <!-- first:
   $ three
   -->
   <!-- not run: it needs the moon -->
   ```console
   $ four
   ```

```
not a command
```
"""


def block(text: str, **marks: str) -> Block:
    return Block("page.md", 1, "console", text, marks)


def test_blocks_are_found_with_their_marks(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    shown, unseen, moon, plain = blocks_of(path, "page.md")
    assert (shown.line, shown.marks, shown.is_run) == (4, {"exit codes": "0 2"}, True)
    assert (unseen.text, unseen.is_run) == ("$ three\n", True)
    assert (moon.text, moon.is_run) == ("$ four\n", False)
    assert moon.marks == {"not run": "it needs the moon"}
    assert (plain.language, plain.is_run) == ("", False)
    assert steps_of(shown) == [
        Step("one --more \\\n    --and-more", "said", 0),
        Step("two", "", 2),
    ]


def test_a_page_may_say_that_nothing_of_it_is_run(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"<!-- nothing here is run: it needs the moon -->\n{PAGE}")
    shown = blocks_of(path, "page.md")[0]
    assert (shown.is_run, shown.marks["not run"]) == (False, "it needs the moon")


def test_a_document_in_a_command_is_of_the_command() -> None:
    found = steps_of(block("$ cat > a <<'END'\nx\n$ y\nEND\n$ cat a\nx\n"))
    assert [step.command for step in found] == ["cat > a <<'END'\nx\n$ y\nEND", "cat a"]


def test_a_block_has_to_begin_with_a_command() -> None:
    with pytest.raises(ValueError, match="page.md:1"):
        steps_of(block("output of nothing\n"))


@pytest.mark.parametrize(
    ("shown", "printed", "is_right"),
    [
        ("Done.", "Done.\n", True),
        ("Done.", "Failed.\n", False),
        ("Done.", "Done.\nAnd more.\n", False),
        ("", "whatever", True),
        ("a ... z", "a b c z", True),
        ("...\nz", "a\nb\nz", True),
        ("...\nz", "z", True),
        ("...\nz", "a", False),
        ("until 2026-01-02", "until 2030-12-31", True),
        ("until 2026-01-02 09:40Z", "until 2027-01-02 10:00Z", True),
        ("until 2026-01-02", "until later", False),
        ("Token: EXAMPLE0TOKEN", "Token: ABCDEF", True),
        ("Token: EXAMPLE0TOKEN", "Token: ", False),
        ('{"a": 1, "b": [2]}', '{"a":1,"b":[2]}', True),
        ('{"a": 1, ...}', '{"a": 1, "b": 2}', True),
        ('{"a": 1}', '{"a": 2}', False),
    ],
)
def test_what_is_printed_is_compared(shown: str, printed: str, is_right: bool) -> None:
    assert agrees(shown, printed) is is_right


KNOWN = {"", "console", "csv", "first", "json", "python", "sh", "text", "toml", "yaml"}


@pytest.mark.parametrize("page", pages.pages())
def test_every_block_says_what_it_is(page: str) -> None:
    """Commands are run, or there is a reason why not."""
    wrong = []
    for found in pages.blocks(page):
        has_reason = bool(found.marks.get("not run"))
        if found.language not in KNOWN:
            wrong.append(f"{found}: the language {found.language}")
        elif found.language == "sh" and not has_reason:
            wrong.append(f"{found}: sh without a reason why it is not run")
        elif found.language == "" and found.text.startswith("$ "):
            wrong.append(f"{found}: commands, so its language is console")
        elif found.is_run:
            steps_of(found)
    assert wrong == []


def test_most_of_what_looks_like_a_command_is_run() -> None:
    found = [block for page in pages.pages() for block in pages.blocks(page)]
    consoles = [block for block in found if block.language == "console"]
    run = [step for block in consoles if block.is_run for step in steps_of(block)]
    assert len(run) > 100
