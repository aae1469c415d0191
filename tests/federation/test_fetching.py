"""The one outbound GET, against a server that behaves as badly as servers can."""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from federation.fetching import MAX_BYTES, FetchFailed, fetch_json
from robots.outbound.destinations import MAX_URL, UrlInvalid, destination
from tests.federation.certificates import Authority
from tests.federation.issuer import KEYS, Answer, FakeIssuer
from tests.federation.surroundings import Connections, NameService

NAME = "issuer.example"
NO_ADDRESS = "its host has no address that may be asked"


@pytest.fixture(autouse=True)
def loopback_http(settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with FakeIssuer() as running:
        yield running


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> NameService:
    return NameService(monkeypatch)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    return Connections(monkeypatch)


@pytest.fixture
def authority(tmp_path: Path, settings: Settings) -> Authority:
    """A CA that FEDERATION_CA_FILE names."""
    made = Authority(tmp_path)
    settings.FEDERATION_CA_FILE = str(made.file)
    return made


def failure(url: str, *, internal: bool = False, seconds: float = 5) -> str:
    with pytest.raises(FetchFailed) as caught:
        fetch_json(url, internal=internal, seconds=seconds)
    return caught.value.reason


def fetched(issuer: FakeIssuer, answer: Answer) -> str:
    issuer.answers["/x"] = answer
    return fetch_json(f"{issuer.url}/x")


def failed(issuer: FakeIssuer, answer: Answer) -> str:
    """Why it failed; the request was made, so it is the answer that was refused."""
    issuer.answers["/x"] = answer
    reason = failure(f"{issuer.url}/x")
    assert issuer.fetches == {"/x": 1}
    return reason


# --- What is asked, and how -------------------------------------------------------


def test_a_document_comes_as_text(issuer: FakeIssuer) -> None:
    assert fetch_json(issuer.url + KEYS) == issuer.signer.jwks()
    assert issuer.fetches == {KEYS: 1}


def test_the_request_says_no_more_than_it_must(issuer: FakeIssuer) -> None:
    fetch_json(f"{issuer.url}{KEYS}?a=1")
    (headers,) = issuer.headers
    assert headers == {
        "Host": f"127.0.0.1:{issuer.port}",
        "Accept": "application/json, application/jwk-set+json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": "Quaysite",
    }


@pytest.mark.parametrize(
    "url",
    [
        "",
        "issuer.example",
        "//issuer.example/x",
        "ftp://issuer.example/x",
        "file:///etc/passwd",
        "gopher://issuer.example/_x",
        "data:application/json,{}",
        "https:/issuer.example",
        "https://",
        "https:///x",
        "https://user@issuer.example/",
        "https://user:password@issuer.example/",
        "https://@issuer.example/",
        "https://a@b@issuer.example/",
        "https://issuer.example/#",
        "https://issuer.example/#fragment",
        "https://issuer.example:0/",
        "https://issuer.example:/",
        "https://issuer.example:65536/",
        "https://issuer.example:0443/",
        "https://issuer.example:+443/",
        "https://issuer.example:x/",
        "https://issuer.example:443:443/",
        "https://issuer.example\\@other.example/",
        "https://issuer.example/\\other.example",
        "https://issuer.example /",
        "https://issuer.example/\r\nHost: other.example",
        "https://issuer.example/\tx",
        "https://issuer.example/\x00",
        "https://issu\u00e9r.example/",
        "https://issuer\uff0eexample/",
        "https://issuer.example/\ud800",
        "https://issuer%2eexample/",
        "https://.issuer.example/",
        "https://issuer.example./",
        "https://-issuer.example/",
        "https://issuer,example/",
        f"https://{'a' * 300}.example/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.x]/",
        "https://[127.0.0.1]/",
        f"https://issuer.example/{'x' * MAX_URL}",
    ],
)
def test_a_url_of_any_other_form_is_not_even_looked_up(
    url: str, dns: NameService, connections: Connections
) -> None:
    assert failure(url)
    assert (dns.asked, connections.made) == ([], [])


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "target"),
    [
        ("https://A.example", "https", "a.example", 443, "/"),
        ("HTTPS://a.example:8443/x", "https", "a.example", 8443, "/x"),
        ("https://a.example?q=1", "https", "a.example", 443, "/?q=1"),
        ("http://127.0.0.1/%2e%2e/", "http", "127.0.0.1", 80, "/%2e%2e/"),
        ("https://[::1]:6443/x?y", "https", "::1", 6443, "/x?y"),
        ("https://my_host/x//y", "https", "my_host", 443, "/x//y"),
    ],
)
def test_a_url_is_read_in_one_way(
    url: str, scheme: str, host: str, port: int, target: str
) -> None:
    to = destination(url)
    assert (to.scheme, to.host, to.port, to.target) == (scheme, host, port, target)


def test_a_bad_url_is_not_repeated() -> None:
    with pytest.raises(UrlInvalid) as caught:
        destination("https://user:canary@issuer.example/")
    assert "canary" not in str(caught.value)


def test_plain_http_needs_the_setting(issuer: FakeIssuer, settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = False
    assert failure(issuer.url + KEYS, internal=True) == "only https is asked"
    assert issuer.connections == 0


@pytest.mark.parametrize("address", ["10.0.0.1", "8.8.8.8", "169.254.169.254"])
def test_plain_http_is_for_loopback_alone(
    address: str, connections: Connections
) -> None:
    assert failure(f"http://{address}/", internal=True) == NO_ADDRESS
    assert connections.made == []


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(
    variable: str, issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeIssuer() as proxy:
        monkeypatch.setenv(variable, proxy.url)
        fetch_json(issuer.url + KEYS)
        assert (issuer.total, proxy.connections) == (1, 0)


# --- Addresses --------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "[::ffff:7f00:1]"],
)
def test_another_spelling_of_loopback_is_loopback(
    host: str, connections: Connections
) -> None:
    assert failure(f"https://{host}/") == NO_ADDRESS
    assert connections.made == []


def test_one_bad_address_among_good_ones_is_enough(
    dns: NameService, connections: Connections
) -> None:
    dns.names[NAME] = [["8.8.8.8", "2606:4700::1111", "10.0.0.1"]]
    assert failure(f"https://{NAME}/") == NO_ADDRESS
    assert connections.made == []


def test_an_internal_issuer_may_be_private_but_no_metadata_service(
    dns: NameService, connections: Connections
) -> None:
    dns.names[NAME] = [["10.0.0.1"], ["169.254.169.254"]]
    assert "unreachable" in failure(f"https://{NAME}/", internal=True)
    assert failure(f"https://{NAME}/", internal=True) == NO_ADDRESS
    assert connections.made == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://inside.example/", "inside.example has an address that is never"),
        ("http://inside.example/", "inside.example has an address that is not asked"),
        ("https://nowhere.example/", "nowhere.example has no address"),
    ],
    ids=["private", "without https", "none"],
)
def test_s15_a_private_name_is_not_told_from_one_that_does_not_exist(
    url: str, told: str, dns: NameService, caplog: pytest.LogCaptureFixture
) -> None:
    """Else a trust would read the names of a private network one by one."""
    dns.names["inside.example"] = [["10.11.12.13"]]
    with caplog.at_level(logging.INFO, "robots.outbound.asking"):
        assert failure(url) == NO_ADDRESS
    assert told in caplog.text
    assert "10.11" not in caplog.text


def test_a_name_without_an_address_fails(
    dns: NameService, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert failure(f"https://{NAME}/") == NO_ADDRESS
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    assert failure(f"https://{NAME}/") == NO_ADDRESS


def test_a_label_that_no_name_may_have_fails_without_a_fuss() -> None:
    assert failure(f"https://{'a' * 64}.example/") == NO_ADDRESS


def test_a_resolver_that_never_answers_costs_no_more_than_the_cap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(10) or [])
    started = time.monotonic()
    assert failure(f"https://{NAME}/", seconds=0.3) == "it took too long"
    assert time.monotonic() - started < 1
    released.set()


def test_where_one_family_has_no_route_the_other_is_tried(
    dns: NameService, connections: Connections
) -> None:
    dns.names["localhost"] = [["::1", "127.0.0.1", "127.0.0.2"]]
    with FakeIssuer(name="localhost") as issuer:
        assert fetch_json(issuer.url + KEYS) == issuer.signer.jwks()
    assert connections.made == ["::1", "127.0.0.1"]


def test_an_address_that_never_answers_leaves_time_for_the_other(
    dns: NameService, connections: Connections
) -> None:
    dns.names["localhost"] = [["::1", "127.0.0.1"]]
    connections.silent = {"::1"}
    with FakeIssuer(name="localhost") as issuer:
        assert fetch_json(issuer.url + KEYS, seconds=1) == issuer.signer.jwks()


def test_a_port_that_is_closed_fails(issuer: FakeIssuer) -> None:
    issuer.stop()
    assert failure(issuer.url + KEYS) == "Connection refused"


# --- Time -------------------------------------------------------------------------


@pytest.mark.parametrize("drip", ["head", "body"])
def test_a_drip_that_never_ends_is_cut_off(drip: str, issuer: FakeIssuer) -> None:
    issuer.answers["/x"] = Answer(drip=drip)
    started = time.monotonic()
    assert failure(f"{issuer.url}/x", seconds=0.4) == "it took too long"
    assert 0.3 < time.monotonic() - started < 1.5


def test_an_answer_that_does_not_come_is_given_up_after_five_seconds(
    issuer: FakeIssuer,
) -> None:
    released = threading.Event()
    issuer.answers["/x"] = Answer(wait=released)
    started = time.monotonic()
    with pytest.raises(FetchFailed, match="too long"):
        fetch_json(f"{issuer.url}/x")
    took = time.monotonic() - started
    released.set()
    assert 4.9 < took < 6


def test_a_handshake_that_does_not_come_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        started = time.monotonic()
        assert failure(url, internal=True, seconds=0.4) == "it took too long"
        assert time.monotonic() - started < 1.5


def test_no_time_left_means_no_request(issuer: FakeIssuer) -> None:
    assert failure(issuer.url + KEYS, seconds=-1) == "it took too long"
    assert issuer.connections == 0


def test_no_thread_is_left_behind(issuer: FakeIssuer) -> None:
    before = threading.active_count()
    issuer.answers["/x"] = Answer(drip="body")
    failure(f"{issuer.url}/x", seconds=0.2)
    issuer.stop()
    assert threading.active_count() < before


# --- Answers ----------------------------------------------------------------------


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


# --- Encryption -------------------------------------------------------------------


def test_an_internal_issuer_with_a_certificate_of_our_ca_is_read(
    authority: Authority, dns: NameService
) -> None:
    dns.names[NAME] = [["127.0.0.1"]]
    with FakeIssuer(tls=authority.server(NAME), name=NAME) as issuer:
        assert fetch_json(issuer.url + KEYS, internal=True) == issuer.signer.jwks()
        assert issuer.headers[0]["Host"] == f"{NAME}:{issuer.port}"


def test_the_server_is_told_the_name_that_the_url_has(
    authority: Authority, dns: NameService
) -> None:
    dns.names[NAME] = [["127.0.0.1"]]
    told: list[str | None] = []
    context = authority.server(NAME)

    def note(line: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        told.append(name)

    context.sni_callback = note
    with FakeIssuer(tls=context, name=NAME) as issuer:
        fetch_json(issuer.url + KEYS, internal=True)
    assert told == [NAME]


def test_an_address_in_a_url_is_what_its_certificate_must_name(
    authority: Authority,
) -> None:
    with FakeIssuer(tls=authority.server("127.0.0.1")) as issuer:
        assert fetch_json(issuer.url + KEYS, internal=True) == issuer.signer.jwks()
    with FakeIssuer(tls=authority.server("127.0.0.2")) as issuer:
        assert "certificate" in failure(issuer.url + KEYS, internal=True)
        assert issuer.total == 0


@pytest.mark.parametrize(
    ("name", "expired"),
    [("other.example", False), ("127.0.0.1", False), (NAME, True)],
    ids=["of another name", "of the address", "expired"],
)
def test_a_certificate_that_is_wrong_sends_no_request(
    name: str, expired: bool, authority: Authority, dns: NameService
) -> None:
    dns.names[NAME] = [["127.0.0.1"]]
    tls = authority.server(name, expired=expired)
    with FakeIssuer(tls=tls, name=NAME) as issuer:
        assert "certificate" in failure(issuer.url + KEYS, internal=True)
        assert issuer.total == 0


def test_a_certificate_of_a_ca_that_nobody_named_is_refused(
    authority: Authority, settings: Settings
) -> None:
    settings.FEDERATION_CA_FILE = ""
    with FakeIssuer(tls=authority.server("127.0.0.1")) as issuer:
        assert "certificate" in failure(issuer.url + KEYS, internal=True)
        assert issuer.total == 0


@pytest.mark.parametrize("text", [None, "no certificate"], ids=["missing", "garbage"])
def test_a_ca_file_that_cannot_be_used_stops_the_request(
    text: str | None, settings: Settings, tmp_path: Path, dns: NameService
) -> None:
    file = tmp_path / "broken.pem"
    if text is not None:
        file.write_text(text)
    settings.FEDERATION_CA_FILE = str(file)
    assert failure(f"https://{NAME}/") == "FEDERATION_CA_FILE cannot be read"
    assert dns.asked == []


def test_a_server_that_speaks_no_tls_only_fails(issuer: FakeIssuer) -> None:
    url = f"https://127.0.0.1:{issuer.port}/"
    assert "SSL" in failure(url, internal=True)
    assert issuer.total == 0


@pytest.mark.parametrize("drip", ["head", "body"])
def test_an_encrypted_drip_is_cut_off_too(drip: str, authority: Authority) -> None:
    with FakeIssuer(tls=authority.server("127.0.0.1")) as issuer:
        issuer.answers["/x"] = Answer(drip=drip)
        started = time.monotonic()
        reason = failure(f"{issuer.url}/x", internal=True, seconds=0.6)
        assert reason == "it took too long"
        assert time.monotonic() - started < 2


def test_a_machine_without_threads_to_spare_only_fails(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert "RuntimeError" in failure(issuer.url + KEYS)
