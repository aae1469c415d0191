"""Envelopes of events: what they say to us, and that nothing in them makes us fail."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registryauth.notices import (
    MAX_EVENTS,
    EnvelopeInvalid,
    Notice,
    is_envelope_type,
    read_envelope,
)
from robots.names import RepositoryName, is_repository_name
from tests.registryauth.envelopes import EVENT, JSON, envelope

WHEN = datetime(2026, 11, 27, 12, 30, 15, tzinfo=UTC)
WEB = RepositoryName("acme", "web")


def read(*events: Any) -> list[Notice]:
    return read_envelope(envelope(*events), "library")


def test_a_push_as_a_registry_sends_it() -> None:
    assert read(EVENT) == [Notice(WEB, "push", "acme+ci", WHEN)]


@pytest.mark.parametrize("action", ["pull", "push", "delete"])
def test_the_actions_that_are_uses(action: str) -> None:
    (notice,) = read({**EVENT, "action": action})
    assert notice.action == action


def test_a_mount_pushes_to_one_and_pulls_from_another() -> None:
    target = {**EVENT["target"], "fromRepository": "acme/base"}
    assert read({**EVENT, "action": "mount", "target": target}) == [
        Notice(WEB, "push", "acme+ci", WHEN),
        Notice(RepositoryName("acme", "base"), "pull", "acme+ci", WHEN),
    ]


def test_only_a_mount_has_a_source() -> None:
    target = {**EVENT["target"], "fromRepository": "acme/base"}
    assert len(read({**EVENT, "target": target})) == 1


def test_a_name_without_a_slash_lies_in_the_library() -> None:
    (notice,) = read({**EVENT, "target": {"repository": "alpine"}})
    assert notice.repository == RepositoryName("library", "alpine")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-27T12:30:15Z", WHEN),
        ("2026-11-27T12:30:15.1Z", WHEN),
        ("2026-11-27T14:30:15.123456789+02:00", WHEN),
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_as_go_writes_them(text: str, when: datetime) -> None:
    assert read({**EVENT, "timestamp": text})[0].when == when


WRONG: list[Any] = [None, 5, True, [], {}, "", "\ud800", "x" * 10_000, 1e300]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("member", ["action", "target", "timestamp"])
def test_an_event_without_what_is_needed_is_passed_over(
    member: str, wrong: Any
) -> None:
    assert read({**EVENT, member: wrong}, EVENT) == read(EVENT)
    assert read({k: v for k, v in EVENT.items() if k != member}) == []


@pytest.mark.parametrize(
    "path",
    [*WRONG, "acme/Upper", "acme/", "/web", "acme/web\n", "a/web", "acme/../web"],
    ids=lambda value: repr(value)[:12],
)
def test_a_repository_that_cannot_be_is_passed_over(path: Any) -> None:
    assert read({**EVENT, "target": {"repository": path}}) == []


@pytest.mark.parametrize(
    "text",
    ["2026-11-27", "2026-11-27T12:30:15", "0001-01-01T00:00:00+23:00", "now", "1",
     "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-01-01T00:00:00+00:01",
     "9999-12-31T23:59:59-23:00"],
)  # fmt: skip
def test_a_time_that_is_none_is_passed_over(text: str) -> None:
    assert read({**EVENT, "timestamp": text}) == []


@pytest.mark.parametrize(
    "actor",
    [None, 5, [], {}, {"name": None}, {"name": 5}, {"name": "x" * 512},
     {"name": "a\x00b"}, {"name": "\ud800"}],
    ids=lambda value: repr(value)[:16],
)  # fmt: skip
def test_an_actor_that_is_no_name_is_nobody(actor: Any) -> None:
    assert [notice.actor for notice in read({**EVENT, "actor": actor})] == [""]


@pytest.mark.parametrize(
    "action", ["", "PUSH", "pushed", "tag", "untag", "*", ["push"], {"push": 1}]
)
def test_an_unknown_action_is_passed_over(action: Any) -> None:
    assert read({**EVENT, "action": action}) == []


@pytest.mark.parametrize("event", [None, 5, "push", [], [EVENT]], ids=repr)
def test_an_event_of_another_type_is_passed_over(event: Any) -> None:
    assert read(event, EVENT) == read(EVENT)


@pytest.mark.parametrize("body", [b"{}", b'{"events": []}', b'{"more": 1}'])
def test_an_envelope_may_be_empty(body: bytes) -> None:
    assert read_envelope(body, "library") == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "The body is not JSON"),
        (b"events", "The body is not JSON"),
        (b"\xff\xfe\x00", "The body is not JSON"),
        (b'{"events": [' + b"9" * 5000 + b"]}", "The body is not JSON"),
        (b"[" * 500_000, "The body is not JSON"),
        (b'{"a":' * 200_000, "The body is not JSON"),
        (b"[]", 'The body is no envelope: {"events": [...]}'),
        (b"null", 'The body is no envelope: {"events": [...]}'),
        (b'"events"', 'The body is no envelope: {"events": [...]}'),
        (b'{"events": null}', 'The body is no envelope: {"events": [...]}'),
        (b'{"events": {}}', 'The body is no envelope: {"events": [...]}'),
        (envelope(*[1] * (MAX_EVENTS + 1)), "At most 1000 events in one envelope"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_envelope_is_refused(body: bytes, error: str) -> None:
    with pytest.raises(EnvelopeInvalid) as caught:
        read_envelope(body, "library")
    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        ("application/json", True),
        ("application/vnd.docker.distribution.events.v1+json", True),
        ("application/vnd.docker.distribution.events.v2+json", True),
        ("application/vnd.docker.distribution.events.v+json", False),
        ("application/x-www-form-urlencoded", False),
        ("text/plain", False),
        ("application/json\n", False),
        ("", False),
    ],
)
def test_content_types(content_type: str, accepted: bool) -> None:
    assert is_envelope_type(content_type) is accepted


@given(events=st.lists(JSON | st.fixed_dictionaries({k: JSON for k in EVENT})))
def test_any_events_are_read_or_passed_over(events: list[Any]) -> None:
    for notice in read(*events):
        assert notice.action in {"pull", "push", "delete"}
        assert is_repository_name(notice.repository.name)
        assert notice.when.utcoffset() is not None
        notice.actor.encode()


@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        read_envelope(body, "library")
    except EnvelopeInvalid as error:
        assert str(error)
