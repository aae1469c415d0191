"""Any text as a name: by a reference that looks at one character after the other."""

import string
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from robots.errors import NameInvalid
from robots.names import (
    RobotName,
    check_namespace_name,
    check_repository_name,
    check_robot_name,
    check_team_name,
    is_repository_name,
    parse_repository_name,
    parse_robot_name,
)

PLAIN = set(string.ascii_lowercase + string.digits)

pieces = st.sampled_from(
    ["a", "z", "0", "9", "ab", ".", "_", "-", "/", "+", "A", " ", "\n", "\x00", "é"]
    # Look-alikes: Cyrillic, full width, dotless, Kelvin, superscript, long s, joiner.
    + ["\u0430", "\uff41", "\u0131", "\u212a", "\u00b2", "\u017f", "\u200d", "\u0663"]
    + ["a" * 126, "b" * 127, "c" * 253]
)
texts = st.lists(pieces, max_size=8).map("".join) | st.text(max_size=12)

closely = settings(max_examples=250, derandomize=True, database=None)


def is_word(text: str) -> bool:
    """Letters and digits of ASCII; one of `.`, `_`, `-` may stand between two."""
    ends = bool(text) and text[0] in PLAIN and text[-1] in PLAIN
    return ends and all(
        here in PLAIN or (here in "._-" and text[at - 1] in PLAIN)
        for at, here in enumerate(text)
    )


def is_simple(text: str) -> bool:
    return 2 <= len(text) <= 255 and is_word(text)


def is_repository(text: str) -> bool:
    """Parts with slashes between them, each beginning with a letter or digit."""
    parts = text.split("/")
    return len(text) <= 255 and all(
        bool(part) and part[0] in PLAIN and set(part) <= PLAIN | set("._-")
        for part in parts
    )


def passes(check: object, *names: str) -> bool:
    assert callable(check)
    try:
        check(*names)
    except NameInvalid:
        return False
    return True


@closely
@given(texts)
@example("a" * 255)
@example("a" * 256)
def test_a_name_is_good_by_what_is_in_it(text: str) -> None:
    assert passes(check_namespace_name, text) is is_simple(text)
    assert passes(check_team_name, text) is is_simple(text)
    short = is_simple(text) and len("acme") + 1 + len(text) <= 255
    assert passes(check_robot_name, "acme", text) is short
    assert is_repository_name(text) is is_repository(text)
    assert passes(check_repository_name, text) is is_repository(text)


@closely
@given(texts | st.tuples(texts, texts).map("+".join))
@example("acme+ci")
@example("a" * 127 + "+" + "b" * 127)
@example("a" * 128 + "+" + "b" * 127)
def test_a_robots_name_is_split_where_it_was_joined(text: str) -> None:
    name = parse_robot_name(text)
    space, _, short = text.partition("+")
    is_name = "+" in text and is_simple(space) and is_simple(short)
    assert (name is not None) is (is_name and len(text) <= 255)
    if name is not None:
        assert str(name) == text
        assert passes(check_robot_name, *name)


@closely
@given(space=texts, short=texts)
def test_robots_that_can_be_made_are_found_by_their_names(
    space: str, short: str
) -> None:
    if passes(check_namespace_name, space) and passes(check_robot_name, space, short):
        made = RobotName(space, short)
        assert parse_robot_name(str(made)) == made


@closely
@given(texts | st.tuples(texts, texts).map("/".join))
def test_a_path_is_split_where_it_was_joined(path: str) -> None:
    name = parse_repository_name(path, "library")
    space, slash, rest = path.partition("/")
    if not slash:
        space, rest = "library", path
    assert (name is not None) is (is_simple(space) and is_repository(rest))
    if name is not None:
        assert str(name) == (path if slash else f"library/{path}")


@closely
@given(texts)
def test_no_two_names_look_like_one(text: str) -> None:
    """What Unicode or case makes one of a good name is that name, or none at all."""
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        same = unicodedata.normalize(form, text).casefold()
        if same != text and is_simple(same):
            assert not passes(check_namespace_name, text)
            assert parse_robot_name(f"acme+{text}") is None
            assert not is_repository_name(text)
