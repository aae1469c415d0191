"""Scopes: every form that clients send, and what is granted for each over HTTP."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from registryauth.scopes import (
    MAX_SCOPES,
    Scope,
    ScopeInvalid,
    _parse_one,
    _usual,
    parse,
)
from robots.lifecycle.permissions import grant
from robots.models import Repository
from robots.names import RepositoryName
from robots.roles import Action, Role, State
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, refusal

PUSH_PULL = ["push", "pull"]
EVERYTHING = ["push", "pull", "*", "delete"]


@pytest.fixture
def ci(cast: Cast) -> str:
    """The Authorization header of acme+ci, which may write to acme/web."""
    return basic("acme+ci", cast.ci_secret)


@pytest.fixture
def admin(cast: Cast) -> str:
    """The Authorization header of alice, who owns acme."""
    return basic("alice")


@pytest.mark.parametrize(
    "scopes",
    [
        pytest.param(["repository:acme/web:pull,push"], id="in one"),
        pytest.param(["repository:acme/web:push,pull"], id="docker's order"),
        pytest.param(["repository:acme/web:push,pull,push"], id="an action twice"),
        pytest.param(["repository:acme/web:pull,push"] * 2, id="the scope twice"),
        pytest.param(
            ["repository:acme/web:pull", "repository:acme/web:push"], id="repeated"
        ),
        pytest.param(
            ["repository:acme/web:push repository:acme/web:pull"], id="space-joined"
        ),
        pytest.param(["  repository:acme/web:push,pull  "], id="spaces around"),
        pytest.param(["", "repository:acme/web:push,pull"], id="an empty one before"),
        pytest.param(["repository:acme/web:pull,push,*"], id="asking too much"),
        pytest.param(["repository:acme/web:pull,push,delete"], id="and delete"),
    ],
)
def test_one_repository_is_one_entry_however_it_is_asked_for(
    scopes: list[str], ci: str, endpoint: Endpoint
) -> None:
    assert endpoint.access(*scopes, login=ci) == [("acme/web", PUSH_PULL)]


def test_the_grant_is_cut_to_what_was_asked(
    ci: str, admin: str, endpoint: Endpoint
) -> None:
    scope = "repository:acme/web"
    assert endpoint.access(f"{scope}:pull", login=ci) == [("acme/web", ["pull"])]
    assert endpoint.access(f"{scope}:push", login=ci) == [("acme/web", ["push"])]
    assert endpoint.access(f"{scope}:*", login=ci) == [("acme/web", [])]
    assert endpoint.access(f"{scope}:delete", login=ci) == [("acme/web", [])]
    assert endpoint.access(f"{scope}:*", login=admin) == [("acme/web", ["*"])]
    assert endpoint.access(f"{scope}:delete", login=admin) == [("acme/web", ["delete"])]


def test_actions_are_listed_in_one_order(admin: str, endpoint: Endpoint) -> None:
    for actions in ("delete,*,pull,push", "pull,push,*,delete"):
        scope = f"repository:acme/web:{actions}"
        assert endpoint.access(scope, login=admin) == [("acme/web", EVERYTHING)]


def test_entries_come_in_the_order_first_asked(ci: str, endpoint: Endpoint) -> None:
    assert endpoint.access(
        "repository:acme/public:pull",
        "repository:acme/web:pull repository:acme/api:pull",
        "repository:acme/public:push",
        login=ci,
    ) == [("acme/public", ["pull"]), ("acme/web", ["pull"]), ("acme/api", [])]


def test_a_denied_mount_source_is_only_left_without_actions(
    ci: str, endpoint: Endpoint
) -> None:
    assert endpoint.access(
        "repository:acme/web:pull,push", "repository:acme/api:pull", login=ci
    ) == [("acme/web", PUSH_PULL), ("acme/api", [])]


def test_our_own_host_before_the_name_is_dropped(
    ci: str, endpoint: Endpoint, settings: Settings
) -> None:
    settings.SERVER_HOSTNAME = "quay.example:5000"
    scope = "repository:quay.example:5000/acme/web:pull"
    assert endpoint.access(scope, login=ci) == [("acme/web", ["pull"])]
    merged = [scope, "repository:acme/web:push"]
    assert endpoint.access(*merged, login=ci) == [("acme/web", PUSH_PULL)]


def test_a_name_without_a_namespace_is_in_the_library(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.LIBRARY_NAMESPACE = "shelf"
    shelf = factories.organization("shelf")
    factories.repository(shelf, "nginx")
    robot, secret = factories.robot(shelf, "ci")
    grant(Repository.objects.get(name="nginx"), robot, Role.READ, factories.BY)
    login = basic("shelf+ci", secret)
    assert endpoint.access("repository:nginx:pull", login=login) == [
        ("nginx", ["pull"])
    ]


def test_nested_names_are_whole_names(cast: Cast, ci: str, endpoint: Endpoint) -> None:
    grant(factories.repository(cast.acme, "a/b/c"), cast.ci, Role.READ, factories.BY)
    assert endpoint.access(
        "repository:acme/a/b/c:pull", "repository:acme/a/b:pull", login=ci
    ) == [("acme/a/b/c", ["pull"]), ("acme/a/b", [])]


@pytest.mark.parametrize(
    ("scope", "entry"),
    [
        ("registry:catalog:*", {"type": "registry", "name": "catalog"}),
        ("registry:other:*", {"type": "registry", "name": "other"}),
        ("secret:acme/web:pull", {"type": "secret", "name": "acme/web"}),
        (
            "repository(plugin):acme/web:pull",
            {"type": "repository", "class": "plugin", "name": "acme/web"},
        ),
        ("artifact:a:b:c:fly,pull", {"type": "artifact", "name": "a:b:c"}),
    ],
    ids=["catalog", "registry", "type", "class", "colons"],
)
def test_what_is_not_known_gets_no_actions(
    scope: str, entry: dict[str, str], admin: str, endpoint: Endpoint
) -> None:
    claims = endpoint.claims(endpoint.get(scope, login=admin))
    assert claims["access"] == [{**entry, "actions": []}]


def test_the_catalog_is_for_site_administrators_only(
    cast: Cast, ci: str, endpoint: Endpoint, settings: Settings
) -> None:
    factories.user("root", is_superuser=True)
    settings.SUPER_USERS = ["charlie"]
    scope = "registry:catalog:*"
    for allowed in ("root", "charlie"):
        assert endpoint.access(scope, login=basic(allowed)) == [("catalog", ["*"])]
    for refused in (ci, basic("alice"), basic("bob"), None):
        assert endpoint.access(scope, login=refused) == [("catalog", [])]


def test_the_catalog_gives_nothing_but_the_star(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.SUPER_USERS = ["alice"]
    scope = "registry:catalog:pull,push,delete,*"
    assert endpoint.access(scope, login=basic("alice")) == [("catalog", ["*"])]


def test_a_site_administrator_has_no_rights_on_repositories_of_others(
    cast: Cast, endpoint: Endpoint
) -> None:
    login = basic(factories.user("root", is_superuser=True).username)
    scopes = ["repository:acme/web:pull,push,*", "repository:acme/new:pull,push"]
    assert endpoint.access(*scopes, login=login) == [("acme/web", []), ("acme/new", [])]
    assert not Repository.objects.filter(name="new").exists()


def test_a_read_only_repository_can_be_pulled_and_nothing_else(
    cast: Cast, admin: str, endpoint: Endpoint
) -> None:
    cast.web.state = State.READ_ONLY
    cast.web.save()
    scope = "repository:acme/web:pull,push,*,delete"
    assert endpoint.access(scope, login=admin) == [("acme/web", ["pull"])]


def test_only_the_mirror_robot_pushes_to_a_mirror(
    cast: Cast, ci: str, admin: str, endpoint: Endpoint
) -> None:
    cast.web.state, cast.web.mirror_robot = State.MIRROR, cast.ci
    cast.web.save()
    grant(cast.web, cast.reader, Role.ADMIN, factories.BY)
    scope = "repository:acme/web:pull,push,*,delete"
    reader = basic("acme+reader", cast.reader_secret)
    assert endpoint.access(scope, login=ci) == [("acme/web", PUSH_PULL)]
    assert endpoint.access(scope, login=reader) == [("acme/web", ["pull"])]
    assert endpoint.access(scope, login=admin) == [("acme/web", ["pull"])]


def test_a_hundred_resources_are_answered_and_one_more_is_refused(
    ci: str, endpoint: Endpoint
) -> None:
    scopes = [f"repository:acme/r{n}:pull" for n in range(MAX_SCOPES)]
    access = endpoint.access(*scopes, "repository:acme/r0:push", login=ci)
    assert [name for name, _ in access] == [f"acme/r{n}" for n in range(100)]
    response = endpoint.get(*scopes, "registry:catalog:*", login=ci)
    message = "More than 100 resources in one request"
    assert refusal(response) == (400, "INVALID_REQUEST", message)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 60_000, "INVALID_REQUEST"),
        ("repository:acme/web:" + "pull," * 12_000, "INVALID_REQUEST"),
        ("repository:acme/" + "a" * 60_000 + ":pull", "NAME_INVALID"),
        ("repository:" + "a/" * 30_000 + "a:pull", "NAME_INVALID"),
        ("repository:acme/" + ":a" * 30_000 + "!", "INVALID_REQUEST"),
    ],
    ids=["letters", "actions", "name", "path", "colons"],
)
def test_a_huge_scope_is_refused_at_once_and_echoed_in_part(
    text: str, code: str, ci: str, endpoint: Endpoint
) -> None:
    started = time.process_time()
    status, found, message = refusal(endpoint.get(text, login=ci))
    assert time.process_time() - started < 2
    assert (status, found) == (400, code)
    assert message.endswith("...")
    assert len(message) < 400


@pytest.mark.parametrize("scopes", [["x" * 100_000], ["x" * 1_000] * 100])
def test_more_text_than_any_client_sends_is_not_even_parsed(
    scopes: list[str], ci: str, endpoint: Endpoint
) -> None:
    message = "scope: at most 65536 characters in one request"
    expected = (400, "INVALID_REQUEST", message)
    assert refusal(endpoint.get(*scopes, login=ci)) == expected


def test_parsing_keeps_the_repository_beside_the_name() -> None:
    (scope,) = parse(["repository:nginx:pull"], library="library", hostname="h")
    assert scope.name == "nginx"
    assert scope.repository == RepositoryName("library", "nginx")
    assert scope.actions == {Action.PULL}
    assert not scope.is_catalog


@pytest.mark.parametrize(
    "text",
    [
        "repository",
        "repository:acme/web",
        ":acme/web:pull",
        "repository::pull",
        "REPOSITORY:acme/web:pull",
        "repository:acme/web:PULL",
        "repository:acme/web:pull,",
        "repository:acme/web:,pull",
        "repository:acme/web:pull\n",
        "repository:acme/web\x00:pull",
        "repository:acme//web:pull",
        "repository:/acme/web:pull",
        "repository:acme/web/:pull",
        "repository():acme/web:pull",
        "repository(plugin:acme/web:pull",
        "répository:acme/web:pull",
        "repository:acme/wéb:pull",
        "repository:acme/web@sha256:pull",
    ],
    ids=repr,
)
def test_what_does_not_fit_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ScopeInvalid, match="^Unable to decode"):
        parse([text], library="library", hostname="quay.example")


PIECES = st.sampled_from(
    ["repository", "registry", "acme", "web", "a", "Web", "quay.example", "1", "é"]
    + [
        "_",
        ".",
        "-",
        "--",
        "/",
        "//",
        ":",
        ",",
        "*",
        "pull",
        "push",
        "delete",
        "x" * 300,
    ]
)
TEXTS = st.lists(PIECES, max_size=6).map("".join)
REPOSITORIES = st.tuples(TEXTS, TEXTS, st.sampled_from(["pull", "pull,push", "*", "x"]))


@given(
    TEXTS
    | REPOSITORIES.map(lambda parts: "repository:{}/{}:{}".format(*parts))
    | st.just("repository:acme/web:pull")
)
def test_the_short_way_to_read_a_scope_is_the_long_one_where_it_is_taken(
    text: str,
) -> None:
    for hostname in ("acme", "quay.example", "quay.example:8443"):
        short = _usual(text, hostname)
        assert short is None or short == _long_way(text, hostname)


def _long_way(text: str, hostname: str) -> Scope | None:
    try:
        return _parse_one(text, "library", hostname)
    except ScopeInvalid:
        return None


def test_what_clients_send_is_read_the_short_way() -> None:
    for text in ("repository:acme/web:pull", "repository:a-1/b_c/d.e:pull,push,*"):
        assert _usual(text, "quay.example") is not None
    assert _usual("repository:acme/web:pull", "acme") is None
