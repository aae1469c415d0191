"""How the words of a preset are read, whatever stands there instead of them."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import TrustInvalid
from federation.presets import PRESETS, fill, shapes
from federation.presets.fields import Answers, Field, Kind, audience, issuer, read
from federation.presets.shapes import Shape
from robots.errors import DomainError
from tests.federation.presets.admitting import SITE
from tests.federation.presets.test_registry import VALUES

TEXT = Field("text", "A text.", required=True)
FIELDS = (
    TEXT,
    Field("number", "A number.", shape=shapes.DIGITS),
    Field("id", "An id.", shape=shapes.UUID),
    Field("flag", "A flag.", kind=Kind.FLAG, default=True),
    Field("wildcards", "The flag.", kind=Kind.FLAG, default=False),
    Field("wild", "A pattern.", wild=True),
    Field("choice", "One.", kind=Kind.CHOICE, choices=("a", "b"), default="a"),
    Field(
        "some", "Some.", kind=Kind.CHOICE, choices=("a", "b"), default=("b",), many=True
    ),
    Field("keys", "Keys.", kind=Kind.KEYS),
    audience("Audiences."),
    issuer("Issuer.", default="https://issuer.example"),
)


def answers(**values: Any) -> Answers:
    return read(FIELDS, {"text": "x", **values}, SITE)


def test_what_is_not_said_has_its_default() -> None:
    found = answers()
    assert found.texts == {
        "text": "x", "number": "", "id": "", "wild": "", "choice": "a", "keys": "",
        "issuer": "https://issuer.example",
    }  # fmt: skip
    assert found.flags == {"flag": True, "wildcards": False}
    assert found.lists == {"some": ("b",), "audience": (SITE,)}


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_as_good_as_not_said(nothing: Any) -> None:
    names = [field.name for field in FIELDS if field.name != "text"]
    assert answers(**dict.fromkeys(names, nothing)) == answers()
    assert answers(some=[], audience=[]) == answers()


@pytest.mark.parametrize(
    ("name", "value", "read_as"),
    [
        ("number", 12, "12"),
        ("number", "12", "12"),
        ("id", "AB000000-0000-4000-8000-00000000000F",
         "ab000000-0000-4000-8000-00000000000f"),
        ("choice", "b", "b"),
        ("text", "blanks within", "blanks within"),
        ("text", "Ünïcode", "Ünïcode"),
        ("keys", {"keys": []}, '{"keys": []}'),
        ("keys", "as it is\n", "as it is\n"),
    ],
)  # fmt: skip
def test_texts(name: str, value: Any, read_as: str) -> None:
    assert answers(**{name: value}).texts[name] == read_as


@pytest.mark.parametrize(
    ("value", "read_as"),
    [(True, True), (False, False), ("true", True), ("false", False)],
)
def test_flags(value: Any, read_as: bool) -> None:
    assert answers(flag=value).flags["flag"] is read_as


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        (["a", "b"], ("a", "b")),
        ("a b", ("a", "b")),
        (" b\ta ", ("b", "a")),
        (["a", "a"], ("a",)),
    ],
)
def test_lists(value: Any, read_as: tuple[str, ...]) -> None:
    assert answers(some=value).lists["some"] == read_as


def test_a_wildcard_has_to_be_asked_for() -> None:
    assert answers(wild="v*", wildcards=True).texts["wild"] == "v*"
    with pytest.raises(TrustInvalid, match=r"^wild: no `\*` unless wildcards is true"):
        answers(wild="v*")
    with pytest.raises(TrustInvalid, match=r"^text: no `\*`; must be one line"):
        answers(text="v*", wildcards=True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": None}, "text: needed; must be one line of text"),
        ({"text": 1.5}, "text: must be one line of text"),
        ({"text": True}, "text: must be one line of text"),
        ({"text": ["x"]}, "text: must be one line of text"),
        ({"text": {"x": 1}}, "text: must be one line of text"),
        ({"text": "a\x00b"}, "text: must be one line of text"),
        ({"text": "a\ud800b"}, "text: must be one line of text"),
        ({"text": "a\nb"}, "text: must be one line of text"),
        ({"text": "a\u2028b"}, "text: must be one line of text"),
        ({"text": " a"}, "text: must be one line of text"),
        ({"text": "a\u00a0"}, "text: must be one line of text"),
        ({"text": "x" * 256}, "text: at most 255 characters"),
        ({"number": -1}, "number: must be digits"),
        ({"number": 2**63}, "number: must be digits"),
        ({"number": 10**5000}, "number: must be digits"),
        ({"number": "٣"}, "number: must be digits"),
        ({"number": "012"}, "number: must be digits"),
        ({"flag": 1}, "flag: must be true or false"),
        ({"flag": "True"}, "flag: must be true or false"),
        ({"flag": []}, None),
        ({"flag": {}}, "flag: must be true or false"),
        ({"choice": "c"}, "choice: must be one of a, b"),
        ({"some": ["a", "c"]}, "some: must be one of a, b"),
        ({"some": ["a", ["b"]]}, "some: must be one of a, b"),
        ({"some": {"a": True}}, "some: must be one of a, b"),
        ({"some": " "}, "some: must be one of a, b"),
        ({"audience": " "}, "audience: must be texts without blanks"),
        ({"keys": 5}, "keys: must be a JWK set"),
        ({"audience": [""]}, "audience: must be texts without blanks"),
        ({"audience": ["a b"]}, "audience: must be texts without blanks"),
        ({"audience": "a" * 2049}, "audience: at most 2048 characters"),
        ({"other": 1}, "other: not known; known are text, number"),
        ({"a\x00\ud800": 1}, "a??: not known"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(values: dict[str, Any], message: str | None) -> None:
    if message is None:
        assert answers(**values) == answers()
        return
    with pytest.raises(TrustInvalid) as raised:
        answers(**values)
    assert raised.value.message.startswith(message)


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example",
        "https://",
        "https://Issuer.example",
        "https://issuer.example/",
        "https://issuer.example/a b",
        "https://issuer.example?x=1",
        "https://issuer.example#x",
        "https://user@issuer.example",
        "https://issuer.example:port",
        "https://issuer.example\n",
        "https://issuer.example//x",
        "http://127.0.0.1.issuer.example",
        "http://localhost.issuer.example",
        "ftp://issuer.example",
        "issuer.example",
    ],
)
def test_an_issuer_is_an_https_url_and_nothing_more(url: str) -> None:
    with pytest.raises(TrustInvalid, match=r"^issuer: must be an https:// URL"):
        answers(issuer=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://issuer.example:8443/realms/x-1/v2.0",
        "http://localhost:8080",
        "http://127.0.0.1:8080/x",
        "http://[::1]:8080",
    ],
)
def test_issuers_have_ports_and_paths(url: str) -> None:
    assert answers(issuer=url).texts["issuer"] == url


SHAPES = {name: it for name, it in vars(shapes).items() if isinstance(it, Shape)}


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "LINE"])
@given(text=st.text(max_size=40))
def test_no_shape_lets_a_control_character_or_an_odd_one_through(
    name: str, text: str
) -> None:
    if SHAPES[name].fits(text):
        assert text.strip() == text
        assert text.isprintable()


@pytest.mark.parametrize("name", ["DIGITS", "UUID", "SLUG", "DNS_LABEL", "DNS_NAME"])
@given(text=st.from_regex(r"[a-z0-9:/@* .-]{1,12}", fullmatch=True))
def test_names_hold_no_delimiter_and_no_wildcard(name: str, text: str) -> None:
    if SHAPES[name].fits(text):
        assert not re.search(r"[/:@* ]", text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(slug=st.sampled_from(sorted(PRESETS)), data=st.data())
def test_whatever_is_said_is_filled_or_refused_with_a_reason(
    slug: str, data: st.DataObject
) -> None:
    names = [field.name for field in PRESETS[slug].fields]
    said: dict[str, Any] = data.draw(
        st.dictionaries(st.sampled_from(names), JSON, max_size=3)
    )
    try:
        entries = fill(slug, VALUES[slug] | said, SITE)
    except DomainError as error:
        assert ":" in error.message
    else:
        assert entries
