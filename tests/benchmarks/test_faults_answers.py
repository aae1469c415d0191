"""What is made of answers, and of the moments at which they came."""

import json

import pytest

from benchmarks.faults.answers import Answer, Reply, Verdict, has_status, verdict
from benchmarks.faults.found import Found

RIGHT, LATER, CUT, WRONG = Verdict.RIGHT, Verdict.LATER, Verdict.CUT, Verdict.WRONG
FROM_THE_FUTURE = json.dumps({"error_description": "`iat` is in the future"}).encode()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(200, {}, b""), RIGHT),
        (None, CUT),
        (Reply(503, {"retry-after": "5"}, b""), LATER),
        (Reply(503, {}, b""), WRONG),
        (Reply(503, {"retry-after": "0"}, b""), WRONG),
        (Reply(503, {"retry-after": "soon"}, b""), WRONG),
        (Reply(500, {"retry-after": "5"}, b""), WRONG),
        (Reply(401, {}, b""), WRONG),
        (Reply(429, {"retry-after": "5"}, b""), WRONG),
        (Reply(400, {}, FROM_THE_FUTURE), Verdict.CLOCK),
        (Reply(400, {}, b"{}"), WRONG),
    ],
)
def test_an_answer_is_right_or_honest_or_wrong(
    reply: Reply | None, expected: Verdict
) -> None:
    assert verdict(reply, has_status(200)) is expected


def test_a_grant_that_should_be_refused_is_wrong() -> None:
    assert verdict(Reply(200, {}, b"{}"), has_status(401)) is WRONG


def found(
    *answers: tuple[str, Verdict, float], lost: int = 0, amiss: str = ""
) -> Found:
    """The fault lasts from 10 to 20; each answer comes a second after its question."""
    return Found(
        answers=[Answer(kind, what, at - 1, at) for kind, what, at in answers],
        began=10,
        ended=20,
        acknowledged=1,
        lost=lost,
        amiss=[amiss] if amiss else [],
    )


def test_recovery_is_when_the_last_kind_is_right_for_good() -> None:
    stood = found(
        ("token", LATER, 15),
        ("token", RIGHT, 20.5),
        ("pull", RIGHT, 20.5),
        ("pull", CUT, 21),
        ("pull", RIGHT, 22),
        ("pull", RIGHT, 23),
    )
    assert stood.recovery == 2
    assert stood.is_met


@pytest.mark.parametrize(
    "failed",
    [
        found(("token", RIGHT, 21), ("pull", RIGHT, 22), ("pull", LATER, 23)),
        found(("token", RIGHT, 21), ("pull", RIGHT, 19)),
        found(("token", LATER, 24), ("token", RIGHT, 25.1)),
        found(("token", WRONG, 12), ("token", RIGHT, 21)),
        found(("token", RIGHT, 21), lost=1),
        found(("token", RIGHT, 21), amiss="no line was logged"),
    ],
    ids=["never again", "not asked", "late", "wrong", "lost", "amiss"],
)
def test_it_did_not_stand(failed: Found) -> None:
    assert not failed.is_met


def test_what_is_wrong_is_told_once() -> None:
    answers = [Answer("pull", WRONG, 1, 2, "500 oops") for _ in range(3)]
    assert Found(answers, 0, 0, 0, 0).wrong == ["pull: 500 oops"]
