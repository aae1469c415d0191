"""The query of a URL is read as Django reads it."""

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from registryauth import parameters
from registryauth.errors import InvalidRequest

PARTS = st.sampled_from(
    ["a", "scope", "=", "&", "&&", "%20", "%", "%zz", "%C3%A9", "%ff", "+", ";", "\xc3"]
    + ["\xa9", "\xff", "ns/app:pull", "==", "%26", "%3D", "%00", " "]
    + ["%3A", "%2F", "%2C", "%3a", "%2", "%25", "3A", "2F"]
)


@given(st.lists(PARTS, max_size=12).map("".join))
def test_a_query_is_read_as_django_reads_it(text: str) -> None:
    expected = dict(QueryDict(text.encode("latin-1")).lists())
    assert parameters.query(text) == expected


@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_bytes_are_read_as_django_reads_them(text: str) -> None:
    expected = dict(QueryDict(text.encode("latin-1")).lists())
    assert parameters.query(text) == expected


def test_what_is_no_byte_is_taken_as_it_is() -> None:
    assert parameters.query("a=\u20ac") == {"a": ["\u20ac"]}


@pytest.mark.parametrize("fields", [1, 3, 4])
def test_there_are_as_many_parameters_as_django_takes(
    fields: int, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    text = "&".join(["a=b"] * fields)
    if fields <= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
        assert parameters.query(text) == {"a": ["b"] * fields}
        return
    with pytest.raises(TooManyFieldsSent):
        QueryDict(text)
    with pytest.raises(InvalidRequest, match="Too many parameters"):
        parameters.query(text)


def test_the_last_value_counts() -> None:
    assert parameters.last({"a": ["1", "2"]}, "a") == "2"
    assert parameters.last({"a": []}, "a") is None
    assert parameters.last({}, "a") is None
