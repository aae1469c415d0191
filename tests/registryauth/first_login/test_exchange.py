"""The first login with an imported secret, which becomes a token."""

from collections.abc import Mapping
from unittest.mock import patch

import pytest
from pytest_django.fixtures import Settings

from registryauth import logins
from robots.credentials import Secret
from robots.lifecycle.tokens import add_static_token
from robots.models import AuditEvent, ImportedSecret, Robot
from robots.prepared import PreparedQuery
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, refusal
from tests.registryauth.first_login.imported import (
    KIND,
    SECRET,
    WEB,
    assert_nothing_came_of_it,
    events,
)
from tests.registryauth.queries import queries
from tests.registryauth.refusals import not_found


def test_the_first_login_makes_it_a_token_and_the_next_is_a_login_as_any(
    imported: Robot, endpoint: Endpoint
) -> None:
    login = basic("acme+ci", SECRET)
    assert endpoint.access(WEB, login=login) == [("acme/web", ["pull"])]
    token = imported.tokens.get()
    assert not ImportedSecret.objects.exists()
    assert factories.stored_secret(imported) == SECRET
    assert token.expires_at is None
    with queries(1):
        assert endpoint.access(WEB, login=login) == [("acme/web", ["pull"])]
    assert imported.tokens.get() == token


def test_the_exchange_is_in_the_audit_without_the_secret(
    imported: Robot, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.get(WEB, login=basic("acme+ci", SECRET))
    endpoint.get(WEB, login=basic("acme+ci", f"{SECRET}!"))
    logins.login_log.flush()
    event = AuditEvent.objects.get(kind=KIND)
    assert (event.performer_kind, event.performer_name) == ("robot", "acme+ci")
    assert (event.namespace_name, event.facts) == ("acme", {"robot": "ci"})
    assert event.address == "127.0.0.1"
    told = [str(vars(event)) for event in AuditEvent.objects.all()]
    assert SECRET not in f"{told}{caplog.text}"


def test_no_copy_is_kept_where_none_may_be(
    imported: Robot, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    endpoint.claims(endpoint.get(WEB, login=basic("acme+ci", SECRET)))
    assert imported.tokens.get().sealed is None


def test_the_form_of_containerd_is_a_first_login_too(
    imported: Robot, endpoint: Endpoint
) -> None:
    response = endpoint.post(
        grant_type="password", username="acme+ci", password=SECRET, scope=WEB
    )
    assert endpoint.claims(response)["sub"] == "acme+ci"
    assert imported.tokens.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "wrong",
        SECRET.lower(),
        f"{SECRET} ",
        SECRET[:-1],
        f"{SECRET}\0",
        "x" * 4000,
        "dc79e76c88415c97eb089d9cc80b4ab0",
    ],
)
def test_another_secret_is_a_wrong_one_and_changes_nothing(
    wrong: str, imported: Robot, endpoint: Endpoint
) -> None:
    response = endpoint.get(WEB, login=basic("acme+ci", wrong))
    assert refusal(response) == not_found("acme+ci")
    assert_nothing_came_of_it(imported)


def test_the_stored_hash_is_not_the_secret(imported: Robot, endpoint: Endpoint) -> None:
    for wrong in (imported.imported_secret.digest, imported.imported_secret.salt):
        response = endpoint.get(WEB, login=basic("acme+ci", wrong))
        assert refusal(response) == not_found("acme+ci")
    assert_nothing_came_of_it(imported)


@pytest.mark.parametrize("name", ["acme+reader", "acme+no", "other+ci", "ACME+ci", "+"])
def test_the_secret_is_good_for_its_own_robot_only(
    name: str, imported: Robot, endpoint: Endpoint
) -> None:
    factories.robot(factories.organization("other"), "ci")
    assert refusal(endpoint.get(WEB, login=basic(name, SECRET))) == not_found(name)
    assert_nothing_came_of_it(imported)


def test_what_a_robot_has_beside_it_goes_on_working(
    cast: Cast, endpoint: Endpoint
) -> None:
    factories.imported_secret(cast.ci, SECRET)
    for secret in (cast.ci_secret.reveal(), SECRET, cast.ci_secret.reveal(), SECRET):
        assert endpoint.get(WEB, login=basic("acme+ci", secret)).status_code == 200
    assert cast.ci.tokens.count() == 2


def test_a_secret_that_another_robots_token_is_logs_in_that_one_only(
    cast: Cast, endpoint: Endpoint
) -> None:
    factories.imported_secret(cast.ci, SECRET)
    factories.imported_secret(cast.reader, SECRET)
    assert endpoint.get(WEB, login=basic("acme+ci", SECRET)).status_code == 200
    response = endpoint.get(WEB, login=basic("acme+reader", SECRET))
    assert refusal(response) == not_found("acme+reader")
    assert ImportedSecret.objects.get().robot == cast.reader
    assert cast.reader.tokens.count() == 1
    assert events() == 1


def test_a_token_of_an_older_key_is_another_robots_too(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    """The digests of one secret under two keys differ."""
    settings.ROBOTS_SECRET_KEYS = "old key " * 5
    add_static_token(cast.reader, secret=Secret(SECRET))
    settings.ROBOTS_SECRET_KEYS = f"{'new key ' * 5},{'old key ' * 5}"
    factories.imported_secret(cast.ci, SECRET)
    for _ in range(2):
        response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
        assert refusal(response) == not_found("acme+ci")
        right = endpoint.get(WEB, login=basic("acme+reader", SECRET))
        assert endpoint.claims(right)["sub"] == "acme+reader"
    assert ImportedSecret.objects.get().robot == cast.ci
    assert not events()


@pytest.mark.parametrize("short", ["", "Clean1x"])
def test_what_is_too_short_for_a_secret_logs_nobody_in(
    short: str, cast: Cast, endpoint: Endpoint
) -> None:
    cast.ci.tokens.all().delete()
    factories.imported_secret(cast.ci, short)
    response = endpoint.get(WEB, login=basic("acme+ci", short))
    assert refusal(response) == not_found("acme+ci")
    assert_nothing_came_of_it(cast.ci)


def test_the_new_token_is_read_where_it_was_written(
    imported: Robot, endpoint: Endpoint
) -> None:
    """A replica for reading may be behind."""
    asked: list[str | None] = []
    real = PreparedQuery.rows

    def rows(
        self: PreparedQuery, values: Mapping[str, object], using: str | None = None
    ) -> list[tuple[object, ...]]:
        asked.append(using)
        return real(self, values, using)

    with patch.object(PreparedQuery, "rows", rows):
        assert endpoint.get(login=basic("acme+ci", SECRET)).status_code == 200
    assert asked[:3] == [None, None, "default"]
