"""Any trust and any claims: let in by the rules of the documentation, or by none."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from federation.assertions import VerifiedClaims
from federation.conditions import Condition, Operator, parse
from federation.entries import Entry, SubjectMatch
from federation.errors import Refused
from federation.matching import match, most_specific_first, specificity
from tests.federation.slow_matcher import lets_in

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)

words = st.sampled_from(["a", "A", "b", "ab", "\u212a", "k", "ss", "\u00df", "\n"])
delimiters = st.sampled_from(["/", ":", "@"])
texts = st.lists(words | delimiters, min_size=1, max_size=5).map("".join)
patterns = st.lists(
    words | delimiters | st.sampled_from(["*", "**"]), min_size=1, max_size=5
).map("".join)
scalars = st.sampled_from([0, 1, True, False, "1", "true", "a"])
paths = st.sampled_from(["c", "/c", "/c/d", "c/d", "/a~1b", "/m~0n", "//d", "/c/"])
issuers = st.sampled_from(
    ["https://a.example", "https://a.example/", "https://A.example"]
)
audiences = st.sampled_from(["one", "two", "One", ""])

conditions = st.one_of(
    st.builds(
        Condition,
        claim=paths,
        operator=st.just(Operator.GLOB),
        values=st.lists(patterns, min_size=1, max_size=2).map(tuple),
        ignore_case=st.booleans(),
    ),
    st.builds(
        Condition,
        claim=paths,
        operator=st.sampled_from([Operator.EQUALS, Operator.ONE_OF]),
        values=st.lists(texts | patterns | scalars, min_size=1, max_size=2).map(tuple),
        ignore_case=st.booleans(),
    ),
)
entries = st.builds(
    Entry,
    issuer=issuers,
    subject=texts | patterns,
    audiences=st.lists(audiences, max_size=2).map(tuple),
    subject_match=st.sampled_from(SubjectMatch),
    ignore_case=st.booleans(),
    conditions=st.lists(conditions, max_size=2).map(tuple),
    max_age=st.sampled_from([None, 1, 60]),
    enabled=st.sampled_from([True, True, True, False]),
    expires_at=st.sampled_from([None, None, NOW, NOW + timedelta(microseconds=1)]),
)
ages = st.sampled_from([-60, 0, 30, 31, 31.5, 32, 89, 90, 91, 10**6])
values = st.recursive(
    texts | scalars | st.sampled_from([None, 1.0, [], {}]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["d", "", "e"]), inner, max_size=2)
    ),
    max_leaves=3,
)
claims = st.fixed_dictionaries(
    {},
    optional={
        "iss": issuers | values,
        "sub": texts | values,
        "aud": audiences | st.lists(audiences, max_size=3) | values,
        "iat": ages.map(lambda age: NOW.timestamp() - age) | values,
        "c": values,
        "a/b": values,
        "m~n": values,
        "c/d": values,
        "": values,
    },
)


def is_let_in(entry: Entry, said: dict[str, Any], requires_audience: bool) -> bool:
    try:
        match(entry, VerifiedClaims(said), NOW, requires_audience=requires_audience)
    except Refused:
        return False
    return True


def fitting(draw: Any, entry: Entry) -> dict[str, Any]:
    """Claims made for a trust, so that it is let in often enough to say something."""
    said: dict[str, Any] = {"iss": entry.issuer, "iat": NOW.timestamp()}
    said["sub"] = _filled(draw, entry.subject)
    said["aud"] = list(entry.audiences[:1])
    for condition in entry.conditions:
        value = draw(st.sampled_from(condition.values))
        if isinstance(value, str):
            value = _filled(draw, value)
        name, _, inner = condition.claim.removeprefix("/").partition("/")
        name = name.replace("~1", "/").replace("~0", "~")
        said[name] = {inner: value} if inner and condition.claim[0] == "/" else value
    return said


def _filled(draw: Any, pattern: str) -> str:
    return "".join(draw(texts) if one == "*" else one for one in pattern)


@st.composite
def pairs(draw: Any) -> tuple[Entry, dict[str, Any]]:
    entry = draw(entries)
    said = fitting(draw, entry)
    return entry, said | draw(claims) if draw(st.booleans()) else said


@settings(max_examples=400, derandomize=True, database=None)
@given(pairs() | st.tuples(entries, claims), st.booleans())
def test_a_trust_lets_in_whom_its_words_say(
    pair: tuple[Entry, dict[str, Any]], requires_audience: bool
) -> None:
    entry, said = pair
    expected = lets_in(entry, said, NOW, requires_audience=requires_audience)
    event("let in" if expected else "not")
    assert is_let_in(entry, said, requires_audience) is expected


@settings(max_examples=150, derandomize=True, database=None)
@given(conditions)
def test_what_a_condition_says_reads_back_the_same(condition: Condition) -> None:
    if condition.operator is Operator.EQUALS and len(condition.values) > 1:
        return
    read = parse(condition.facts())
    assert (read, repr(read)) == (condition, repr(condition))


@settings(max_examples=150, derandomize=True, database=None)
@given(st.lists(entries, max_size=6))
def test_the_order_of_trusts_leaves_none_out(trusts: list[Entry]) -> None:
    ordered = most_specific_first(trusts, lambda entry: entry)
    assert sorted(map(id, ordered)) == sorted(map(id, trusts))
    lengths = [specificity(entry) for entry in ordered]
    assert lengths == sorted(lengths, reverse=True)


@settings(max_examples=200, derandomize=True, database=None)
@given(st.tuples(entries, entries), st.data())
def test_two_trusts_with_one_digest_let_in_the_same(
    two: tuple[Entry, Entry], data: st.DataObject
) -> None:
    """Whoever has one of them is told that the other is there already."""
    one, other = two
    if one.digest != other.digest:
        return
    said = fitting(data.draw, one)
    assert _fits_whom(one, said) is _fits_whom(other, said)


def _fits_whom(entry: Entry, said: dict[str, Any]) -> bool:
    """By what the digest is of: all but audiences, age and whether it is on."""
    bare = Entry(
        entry.issuer,
        entry.subject,
        subject_match=entry.subject_match,
        ignore_case=entry.ignore_case,
        conditions=entry.conditions,
    )
    return lets_in(bare, said, NOW, requires_audience=False)
