"""The catalog of a registry: all pages, each once, whatever the other end does."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from registryauth import catalog
from registryauth.catalog import authorization, repository_names
from robots.credentials import Secret
from robots.remote import Remote, RemoteFailed
from tests.registryauth.registry import SERVICE, FakeRegistry, Query, Reply, page

NAMES = [f"acme/n{number:03}" for number in range(250)]


def remote(registry: FakeRegistry) -> Remote:
    return Remote(registry.url, authorization=lambda: authorization(SERVICE))


def read(registry: FakeRegistry, size: int = 100) -> list[str]:
    return list(repository_names(remote(registry), size))


def failure(manners: Callable[[Query], Reply]) -> tuple[str, int]:
    """Why reading failed, and how many requests it took."""
    with FakeRegistry(manners=manners) as registry:
        with pytest.raises(RemoteFailed) as caught:
            read(registry)
        return caught.value.message, len(registry.queries)


def test_all_pages_are_read_in_order() -> None:
    with FakeRegistry(NAMES) as registry:
        assert read(registry) == NAMES
        assert registry.queries == [
            {"n": "100"},
            {"n": "100", "last": "acme/n099"},
            {"n": "100", "last": "acme/n199"},
        ]


@pytest.mark.parametrize("size", [1, 7, 249, 250, 251])
def test_the_size_of_a_page_changes_nothing(size: int) -> None:
    names = NAMES[:30] if size == 1 else NAMES
    with FakeRegistry(names) as registry:
        assert read(registry, size) == names


@pytest.mark.parametrize("nothing", [[], None], ids=["list", "null"])
def test_a_registry_may_be_empty(nothing: object) -> None:
    with FakeRegistry(manners=lambda query: page(nothing)) as registry:
        assert read(registry) == []


def test_each_request_has_a_new_token_for_the_catalog_alone() -> None:
    with FakeRegistry(NAMES) as registry:
        read(registry)
        assert len({claims["jti"] for claims in registry.tokens}) == 3
        for claims in registry.tokens:
            assert claims["exp"] - claims["iat"] == catalog.TOKEN_SECONDS
            assert claims["exp"] > timezone.now().timestamp()
            assert claims["sub"] == "(sync_repositories)"
            assert claims["context"]["entity_reference"] is None


def test_a_token_for_another_service_is_refused_there() -> None:
    with FakeRegistry(NAMES) as registry:
        other = Remote(registry.url, authorization=lambda: authorization("other"))
        with pytest.raises(RemoteFailed) as caught:
            list(repository_names(other))
        assert caught.value.status == 401
        assert registry.queries == []


def test_a_secret_that_lasts_is_shown_as_it_is() -> None:
    with FakeRegistry(["acme/web"]) as registry:
        lasting = Remote(registry.url, authorization=authorization(SERVICE))
        assert list(repository_names(lasting)) == ["acme/web"]
        without = Remote(registry.url, authorization=Secret("Bearer nonsense"))
        with pytest.raises(RemoteFailed, match="answered 401"):
            list(repository_names(without))


@pytest.mark.parametrize(
    "link",
    [
        "</v2/_catalog?last=b&n=100>; rel=next",
        '<?last=b>;rel="next"',
        ' </v2/_catalog?n=5&last=b> ; rel="next" ',
    ],
)
def test_links_as_registries_write_them_are_followed(link: str) -> None:
    def manners(query: Query) -> Reply:
        return page(["z"]) if "last" in query else page(["a", "b"], link)

    with FakeRegistry(manners=manners) as registry:
        assert read(registry) == ["a", "b", "z"]
        assert registry.queries[1] == {"n": "100", "last": "b"}


NEXT = '</v2/_catalog?last={}>; rel="next"'

ELSEWHERE = "its Link header leads to another place"
NOT_UNDERSTOOD = "its Link header is not understood"
NO_PLACE = "its Link header names no place to go on"


@pytest.mark.parametrize(
    ("link", "error"),
    [
        ('<http://192.0.2.1/v2/_catalog?last=b>; rel="next"', ELSEWHERE),
        ('<//192.0.2.1/v2/_catalog?last=b>; rel="next"', ELSEWHERE),
        ('<https://127.0.0.1/v2/_catalog?last=b>; rel="next"', ELSEWHERE),
        ('<http://user@127.0.0.1/v2/_catalog?last=b>; rel="next"', ELSEWHERE),
        ('</v2/acme/web/tags/list?last=b>; rel="next"', ELSEWHERE),
        ('<file:///etc/passwd?last=b>; rel="next"', ELSEWHERE),
        ('<http://[/v2/_catalog?last=b>; rel="next"', NOT_UNDERSTOOD),
        ('</v2/_catalog?last=b>; rel="prev"', NOT_UNDERSTOOD),
        ('</v2/_catalog?last=b>; rel="next", </x>; rel="next"', NOT_UNDERSTOOD),
        ("nonsense", NOT_UNDERSTOOD),
        ("<>", NOT_UNDERSTOOD),
        ('</v2/_catalog?a=1&b&c&d&e&f&g&h&i&j&k&l>; rel="next"', NOT_UNDERSTOOD),
        ('</v2/_catalog>; rel="next"', NO_PLACE),
        ('</v2/_catalog?last=b&last=c>; rel="next"', NO_PLACE),
        (NEXT.format("x" * 600), NO_PLACE),
    ],
)
def test_a_link_to_anywhere_else_ends_it(link: str, error: str) -> None:
    message, requests = failure(lambda query: page(["a", "b"], link))
    assert (message, requests) == (f"/v2/_catalog: {error}", 1)


def test_pages_that_go_in_a_circle_end() -> None:
    def circle(query: Query) -> Reply:
        return page(["a"], NEXT.format("b" if query.get("last") == "a" else "a"))

    message, requests = failure(circle)
    assert message == "/v2/_catalog: the pages do not come to an end"
    assert requests == 3


def test_empty_pages_without_end_end() -> None:
    numbers = iter(range(1000))
    message, requests = failure(lambda query: page([], NEXT.format(next(numbers))))
    assert message == "/v2/_catalog: the pages do not come to an end"
    assert requests == 1


def test_full_pages_without_end_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MAX_NAMES", 50)
    numbers = iter(range(1000))

    def endless(query: Query) -> Reply:
        number = next(numbers)
        return page([f"n{number}"] * 10, NEXT.format(number))

    message, requests = failure(endless)
    assert message == "/v2/_catalog: more than 50 repositories"
    assert requests == 6


NO_LIST = "/v2/_catalog: the answer is no list of repositories"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "/v2/_catalog: the answer is not JSON"),
        (b"<html>", "/v2/_catalog: the answer is not JSON"),
        (b"\xff\xfe{", "/v2/_catalog: the answer is not JSON"),
        (b"[" * 200_000, "/v2/_catalog: the answer is not JSON"),
        (b"[]", NO_LIST),
        (b"null", NO_LIST),
        (b"{}", NO_LIST),
        (b'{"repositories": "acme/web"}', NO_LIST),
        (b'{"repositories": {"acme/web": 1}}', NO_LIST),
        (b'{"repositories": ["acme/web", 5]}', NO_LIST),
        (b'{"repositories": [null]}', NO_LIST),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_answer_of_another_form_ends_it(body: bytes, error: str) -> None:
    assert failure(lambda query: Reply(body)) == (error, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with FakeRegistry(["acme/secret"]) as other:
        headers = {"Location": f"{other.url}/v2/_catalog?n=5"}
        message, requests = failure(lambda query: Reply(b"", status, headers))
        assert message.endswith(f"/v2/_catalog answered {status}")
        assert requests == 1
        assert other.paths == []


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_another_status_ends_it(status: int) -> None:
    message, requests = failure(lambda query: Reply(b'{"repositories": []}', status))
    assert message.endswith(f"/v2/_catalog answered {status}")
    assert requests == 1


def test_a_very_long_name_is_cut() -> None:
    with FakeRegistry(manners=lambda query: page(["x" * 5_000_000])) as registry:
        (name,) = read(registry)
        assert len(name) == catalog.MAX_NAME + 1


def test_more_bytes_than_are_read_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robots.remote.MAX_BYTES", 1_000_000)
    message, requests = failure(lambda query: page(["x" * 1_000_000]))
    assert "has more than 1000000 bytes" in message
    assert requests == 1


@given(link=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])))
def test_no_link_leads_out_of_the_catalog(link: str) -> None:
    """Whatever the header says, it gives a place in the catalog, none, or an error."""
    try:
        last = catalog._next("http://127.0.0.1:1", {"Link": f"<{link}>; rel=next"})
    except RemoteFailed:
        return
    assert last is None or len(last) <= catalog.MAX_NAME
