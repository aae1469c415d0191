"""Rule R11: with the database away the answer is 503, never 401 and never a grant."""

from pathlib import Path
from shutil import copytree, rmtree
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, ProgrammingError, connection
from django.test import Client

from registryauth import signing
from registryauth.signer import key_store
from robots.models import Repository
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import JWKS_URL, Endpoint, basic, body, refusal

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
from tests.registryauth.outages import database_away

UNAVAILABLE = (503, "UNAVAILABLE", "The service is unavailable")
WEB = "repository:acme/web:pull"


def assert_unavailable(response: "Response") -> None:
    assert refusal(response) == UNAVAILABLE
    assert response["Retry-After"] == "5"
    assert "WWW-Authenticate" not in response


def test_no_login_is_refused_while_the_database_is_away(
    cast: Cast, endpoint: Endpoint, tmp_path: Path
) -> None:
    logins = [
        basic("acme+ci", cast.ci_secret),
        basic("acme+ci", "WRONG"),
        basic("alice"),
        basic("alice@example.com"),
        None,
    ]
    with database_away(tmp_path):
        for login in logins:
            assert_unavailable(endpoint.get(WEB, login=login))
    assert endpoint.get(WEB, login=logins[0]).status_code == 200


def test_no_form_is_refused_while_the_database_is_away(
    cast: Cast, endpoint: Endpoint, tmp_path: Path
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    refreshing = {
        "grant_type": "refresh_token",
        "refresh_token": body(endpoint.get(login=login, offline_token="true"))[
            "refresh_token"
        ],
    }
    password = {
        "grant_type": "password",
        "username": "acme+ci",
        "password": cast.ci_secret.reveal(),
    }
    with database_away(tmp_path):
        assert_unavailable(endpoint.post(**refreshing))
        assert_unavailable(endpoint.post(**password))
    assert endpoint.post(**refreshing).status_code == 200


def test_what_needs_no_database_is_answered_all_the_same(
    cast: Cast, endpoint: Endpoint, client: Client, tmp_path: Path
) -> None:
    with database_away(tmp_path):
        assert endpoint.get().status_code == 401
        assert endpoint.get(login="Bearer x").status_code == 401
        assert endpoint.get("nonsense").status_code == 400
        assert client.get(JWKS_URL).status_code == 200


class LostAt:
    """Lets `statement` statements through; the connection is lost at the next."""

    def __init__(self, statement: int) -> None:
        self.left = statement

    def __call__(self, execute: Any, *args: Any) -> Any:
        self.left -= 1
        if self.left == -1:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(*args)


@pytest.mark.parametrize("statement", range(10))
def test_a_connection_lost_at_any_statement_is_503_and_creates_nothing(
    statement: int, cast: Cast, endpoint: Endpoint
) -> None:
    lost = LostAt(statement)
    with connection.execute_wrapper(lost):
        response = endpoint.get("repository:acme/new:push", login=basic("alice"))
    assert lost.left < 0
    assert_unavailable(response)
    assert not Repository.objects.filter(name="new").exists()


def test_a_fault_of_our_own_is_not_called_an_outage(
    cast: Cast, endpoint: Endpoint
) -> None:
    """It is a bug: reported as one, and no reason to tell clients to come back."""

    def refuse(*_: Any) -> None:
        raise ProgrammingError("no such column")

    with connection.execute_wrapper(refuse), pytest.raises(ProgrammingError):
        endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret))


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no server that cuts anything"
)
@pytest.mark.django_db(transaction=True)
def test_a_kept_connection_that_the_server_cut_is_not_noticed(
    endpoint: Endpoint,
) -> None:
    factories.user("alice")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    other.close()
    response = endpoint.get("repository:alice/new:push", login=basic("alice"))
    assert response.status_code == 200
    assert Repository.objects.filter(name="new").count() == 1


@pytest.mark.parametrize("damage", ["no active key", "a broken key"])
def test_without_a_signing_key_it_is_503(
    damage: str, cast: Cast, endpoint: Endpoint, own_signing_keys: Path
) -> None:
    signing.active_key()
    if damage == "no active key":
        (own_signing_keys / "active").unlink()
    else:
        next(own_signing_keys.glob("*.pem")).write_text("nonsense")
    signing.forget_keys()
    assert_unavailable(endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret)))
    assert_unavailable(endpoint.client.get(JWKS_URL))


@pytest.mark.parametrize("damage", ["no keys", "one key of two", "no folder"])
def test_keys_that_are_lost_while_a_server_runs_are_503(
    damage: str, cast: Cast, endpoint: Endpoint, own_signing_keys: Path
) -> None:
    """This process signs on with what it has loaded, and verifies nothing."""
    login = basic("alice")
    bearer = {"Authorization": f"Bearer {body(endpoint.get(login=login))['token']}"}
    active = signing.active_key()
    if damage == "one key of two":
        key_store().add("ES256")
    assert endpoint.client.get(JWKS_URL).status_code == 200
    assert endpoint.client.get("/v2/", headers=bearer).status_code == 200
    away = own_signing_keys.with_name(f"{own_signing_keys.name}-away")
    copytree(own_signing_keys, away)
    lost = f"{active.id}.pem" if damage == "one key of two" else "*.pem"
    for path in own_signing_keys.glob(lost):
        path.unlink()
    if damage == "no folder":
        rmtree(own_signing_keys)
    assert_unavailable(endpoint.client.get(JWKS_URL))
    assert_unavailable(endpoint.client.get("/v2/", headers=bearer))
    endpoint.client.force_login(factories.user("root", is_superuser=True))
    assert endpoint.client.get("/api/v1/superuser/keys").status_code == 503
    assert endpoint.get(login=login).status_code == 200
    copytree(away, own_signing_keys, dirs_exist_ok=True)
    (kid, *_) = endpoint.client.get(JWKS_URL).json()["keys"]
    assert kid["kid"] == active.kid
    assert endpoint.client.get("/v2/", headers=bearer).status_code == 200
