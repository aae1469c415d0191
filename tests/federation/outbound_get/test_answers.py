"""Which answers are read, and how much of one."""

import pytest

from federation.fetching import MAX_BYTES, fetch_json
from tests.federation.issuer import Answer, FakeIssuer
from tests.federation.outbound_get.asking import failure


def fetched(issuer: FakeIssuer, answer: Answer) -> str:
    issuer.answers["/x"] = answer
    return fetch_json(f"{issuer.url}/x")


def failed(issuer: FakeIssuer, answer: Answer) -> str:
    """Why it failed; the request was made, so it is the answer that was refused."""
    issuer.answers["/x"] = answer
    reason = failure(f"{issuer.url}/x")
    assert issuer.fetches == {"/x": 1}
    return reason


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/jwk-set+json",
        "application/vnd.example.keys+json",
    ],
)
def test_every_kind_of_json_will_do(kind: str, issuer: FakeIssuer) -> None:
    assert fetched(issuer, Answer("[]", content_type=kind)) == "[]"


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/html",
        "text/json",
        "text/plain; application/json",
        "application/jsonx",
        "application/octet-stream",
        "application/json, text/html",
        "xapplication/json",
        "application/+json\u00e9",
    ],
)
def test_any_other_kind_is_refused(kind: str, issuer: FakeIssuer) -> None:
    assert "content type" in failed(issuer, Answer("[]", content_type=kind))


@pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 307, 400, 404, 500, 503])
def test_only_200_counts(status: int, issuer: FakeIssuer) -> None:
    answer = Answer("[]", status=status, headers={"Location": f"{issuer.url}/other"})
    assert str(status) in failed(issuer, answer)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x", "gzip, br"])
def test_a_compressed_answer_is_refused(encoding: str, issuer: FakeIssuer) -> None:
    answer = Answer(b"\x1f\x8b", headers={"Content-Encoding": encoding})
    assert failed(issuer, answer) == "its answer is compressed"


def test_an_answer_may_say_that_it_is_not_compressed(issuer: FakeIssuer) -> None:
    answer = Answer("[1]", headers={"Content-Encoding": "Identity"})
    assert fetched(issuer, answer) == "[1]"


def test_the_largest_answer_is_read_and_one_byte_more_is_refused(
    issuer: FakeIssuer,
) -> None:
    assert len(fetched(issuer, Answer("x" * MAX_BYTES))) == MAX_BYTES
    issuer.fetches.clear()
    assert str(MAX_BYTES) in failed(issuer, Answer("x" * (MAX_BYTES + 1)))


@pytest.mark.parametrize("length", [None, -1], ids=["announced", "unannounced"])
def test_ten_megabytes_are_not_read(length: int | None, issuer: FakeIssuer) -> None:
    answer = Answer(b"x" * 10_000_000, length=length)
    assert str(MAX_BYTES) in failed(issuer, answer)


def chunked(body: bytes) -> Answer:
    framed = b"".join(b"%x\r\n%b\r\n" % (1, bytes([byte])) for byte in body)
    return Answer(framed + b"0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})


def test_an_answer_in_pieces_is_put_together(issuer: FakeIssuer) -> None:
    assert fetched(issuer, chunked(b'{"keys": []}')) == '{"keys": []}'


def test_pieces_are_counted_together(issuer: FakeIssuer) -> None:
    assert str(MAX_BYTES) in failed(issuer, chunked(b"x" * (MAX_BYTES + 1)))


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"canary\r\n\r\n",
        b"HTTP/1.1 canary OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SSH-2.0-canary\r\n",
        b"\x00\xff\xfe",
        _HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        _HEAD + b"Content-Length: 100\r\n\r\ncanary",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\ncanary\r\n",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nx",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\ncanary",
        _HEAD + b"X: y\r\n" * 200 + b"\r\n{}",
        _HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n{}",
        _HEAD + b"Content-Length: 6\r\n\r\n\xffcanar",
    ],
    ids=range(13),
)
def test_an_answer_that_is_no_http_or_no_text_only_fails(
    raw: bytes, issuer: FakeIssuer
) -> None:
    assert "canar" not in failed(issuer, Answer(raw=raw))


def test_a_server_that_hangs_up_only_fails(issuer: FakeIssuer) -> None:
    assert failed(issuer, Answer(drop=True))
