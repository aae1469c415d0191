"""Logins with a secret that Harbor kept as a hash: once, and then as a token."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from unittest.mock import patch

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from registryauth import first_login, logins
from registryauth.token_rows import digests_of
from robots import imported_secrets
from robots.credentials import Secret
from robots.errors import NotFound
from robots.imported_secrets import SlowHash
from robots.lifecycle.imported_secrets import exchange_imported_secret
from robots.lifecycle.robots import delete_robot, regenerate_token, set_enabled
from robots.lifecycle.switches import Terms, turn_on
from robots.lifecycle.tokens import add_static_token, add_token
from robots.models import AuditEvent, ImportedSecret, Robot, RobotToken
from robots.prepared import PreparedQuery
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, refusal
from tests.registryauth.test_query_counts import queries
from tests.registryauth.test_robot_login import DISALLOWED, not_found, unauthorized

WEB = "repository:acme/web:pull"
SECRET = "Harbor12345xyzHarbor12345xyzABCD"
KIND = "exchange_robot_secret"


@pytest.fixture
def imported(cast: Cast) -> Robot:
    """acme+ci, which has no token, and a secret that is known as a hash only."""
    cast.ci.tokens.all().delete()
    factories.imported_secret(cast.ci, SECRET)
    return cast.ci


def events() -> int:
    return AuditEvent.objects.filter(kind=KIND).count()


def assert_nothing_came_of_it(robot: Robot) -> None:
    assert ImportedSecret.objects.filter(robot=robot).count() == 1
    assert not robot.tokens.exists()
    assert not events()


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


def disabled(robot: Robot) -> None:
    set_enabled(robot, False, factories.BY)


def expired(robot: Robot) -> None:
    Robot.objects.filter(pk=robot.pk).update(expires_at=timezone.now())


def disabled_namespace(robot: Robot) -> None:
    robot.namespace.enabled = False
    robot.namespace.save()


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (disabled, "Robot acme+ci is disabled"),
        (expired, "Robot acme+ci has expired"),
        (disabled_namespace, "Robot acme+ci owner acme is disabled"),
    ],
)
def test_what_stops_a_robot_stops_its_first_login(
    ends: Callable[[Robot], None], message: str, imported: Robot, endpoint: Endpoint
) -> None:
    ends(imported)
    right = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(right) == unauthorized(message)
    wrong = endpoint.get(WEB, login=basic("acme+ci", "WRONG"))
    assert refusal(wrong) == not_found("acme+ci")


def test_robots_disallow_stops_it_before_it_is_looked_for(
    imported: Robot, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    with queries(0):
        response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == unauthorized(DISALLOWED)
    assert_nothing_came_of_it(imported)
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    assert endpoint.get(WEB, login=basic("acme+ci", SECRET)).status_code == 200


def test_the_sites_switch_stops_it_before_it_is_compared(
    imported: Robot, endpoint: Endpoint
) -> None:
    turn_on(None, Terms("leak"), factories.BY)
    for secret in (SECRET, "WRONG"):
        response = endpoint.get(WEB, login=basic("acme+ci", secret))
        assert refusal(response) == unauthorized(DISALLOWED)
    assert_nothing_came_of_it(imported)


def test_a_namespaces_switch_stops_a_first_login(
    imported: Robot, endpoint: Endpoint
) -> None:
    turn_on(imported.namespace, Terms("leak"), factories.BY)
    right = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(right) == unauthorized(DISALLOWED)
    wrong = endpoint.get(WEB, login=basic("acme+ci", "WRONG"))
    assert refusal(wrong) == not_found("acme+ci")


def test_a_regenerated_robot_no_longer_has_it(
    imported: Robot, endpoint: Endpoint
) -> None:
    regenerate_token(imported, factories.BY)
    assert not ImportedSecret.objects.exists()
    response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == not_found("acme+ci")
    assert imported.tokens.count() == 1


def test_a_regeneration_with_grace_leaves_it_for_that_long(
    imported: Robot, endpoint: Endpoint
) -> None:
    regenerate_token(imported, factories.BY, grace=60)
    until = ImportedSecret.objects.get().expires_at
    assert until is not None
    assert until <= timezone.now() + timedelta(seconds=60)
    assert endpoint.get(WEB, login=basic("acme+ci", SECRET)).status_code == 200
    token = imported.tokens.order_by("id").last()
    assert token is not None
    assert (token.expires_at, token.sealed) == (until, None)


def test_a_second_regeneration_does_not_make_it_last_longer(imported: Robot) -> None:
    regenerate_token(imported, factories.BY, grace=60)
    until = ImportedSecret.objects.get().expires_at
    regenerate_token(imported, factories.BY, grace=600)
    assert ImportedSecret.objects.get().expires_at == until


def test_it_is_void_when_the_grace_is_over(imported: Robot, endpoint: Endpoint) -> None:
    ImportedSecret.objects.update(expires_at=timezone.now())
    response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == not_found("acme+ci")
    assert_nothing_came_of_it(imported)


def test_a_deleted_robot_takes_it_along(imported: Robot, endpoint: Endpoint) -> None:
    delete_robot(imported, factories.BY)
    assert not ImportedSecret.objects.exists()
    factories.robot(imported.namespace, "ci")
    response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == not_found("acme+ci")


def test_one_more_token_leaves_it_alone(imported: Robot, endpoint: Endpoint) -> None:
    add_token(imported, factories.BY)
    assert endpoint.get(WEB, login=basic("acme+ci", SECRET)).status_code == 200
    assert imported.tokens.count() == 2


def hashed() -> Callable[[], int]:
    """How often a secret is hashed slowly from now on."""
    count: Counter[str] = Counter()
    real = imported_secrets.matches

    def matches(kept: SlowHash, secret: Secret) -> bool:
        count["times"] += 1
        return real(kept, secret)

    patcher = patch.object(imported_secrets, "matches", matches)
    patcher.start()

    def stop() -> int:
        patcher.stop()
        return count["times"]

    return stop


NAMES = ["acme+ci", "acme+reader", "acme+no", "none+none", "+", "a+b+c", "a\0+b"]


@pytest.mark.parametrize("name", NAMES)
def test_every_failed_login_costs_two_queries_and_one_slow_hash(
    name: str, imported: Robot, endpoint: Endpoint
) -> None:
    count = hashed()
    with queries(2):
        assert endpoint.get(WEB, login=basic(name, "WRONG")).status_code == 401
    assert count() == 1


@pytest.mark.parametrize("name", NAMES)
def test_where_nothing_was_imported_nothing_is_hashed_slowly(
    name: str, cast: Cast, endpoint: Endpoint
) -> None:
    count = hashed()
    with queries(2):
        assert endpoint.get(WEB, login=basic(name, "WRONG")).status_code == 401
    assert count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_whose_grace_is_over_costs_nobody_a_hash(
    name: str, imported: Robot, endpoint: Endpoint
) -> None:
    ImportedSecret.objects.update(expires_at=timezone.now())
    count = hashed()
    with queries(2):
        assert endpoint.get(WEB, login=basic(name, "WRONG")).status_code == 401
    assert count() == 0


def test_a_login_with_a_token_hashes_nothing_slowly(
    cast: Cast, endpoint: Endpoint
) -> None:
    factories.imported_secret(cast.reader, SECRET)
    count = hashed()
    with queries(1):
        response = endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret))
    assert response.status_code == 200
    assert count() == 0


def test_many_imported_secrets_do_not_add_a_query_or_a_hash(
    imported: Robot, endpoint: Endpoint
) -> None:
    robots = Robot.objects.bulk_create(
        Robot(namespace=imported.namespace, name=f"r{n:03}") for n in range(300)
    )
    ImportedSecret.objects.bulk_create(
        ImportedSecret(robot=robot, salt="ab", digest="0" * 32) for robot in robots
    )
    count = hashed()
    with queries(2):
        response = endpoint.get(WEB, login=basic("acme+r200", "WRONG"))
    assert response.status_code == 401
    assert count() == 1


def test_a_hash_that_is_gone_when_it_matches_leaves_the_answer_to_the_tokens(
    imported: Robot,
    endpoint: Endpoint,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """As if it were ended between the comparison and the exchange."""
    now = timezone.now()
    held = first_login.held_for("acme+ci", digests_of(Secret(SECRET)), now)
    regenerate_token(imported, factories.BY)
    assert first_login.becomes_token(held, Secret(SECRET), factories.BY.origin)
    assert imported.tokens.count() == 1
    assert not events()


def test_a_login_that_is_overtaken_after_it_looked_for_a_token_gets_in(
    imported: Robot, endpoint: Endpoint
) -> None:
    """Another login with the secret ends between the two queries of this one."""
    kept = SlowHash(imported.imported_secret.salt, imported.imported_secret.digest)
    real = first_login.held_for

    def overtaken(
        name: str, digests: dict[str, str], now: datetime
    ) -> first_login.Held:
        exchange_imported_secret(imported.pk, kept, Secret(SECRET), factories.BY)
        return real(name, digests, now)

    with patch.object(first_login, "held_for", overtaken):
        response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert endpoint.claims(response)["sub"] == "acme+ci"
    assert imported.tokens.count() == 1
    assert events() == 1


def test_an_exchange_that_fails_half_way_leaves_everything(imported: Robot) -> None:
    kept = SlowHash(imported.imported_secret.salt, imported.imported_secret.digest)
    with (
        patch("robots.audit.record", side_effect=RuntimeError),
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        exchange_imported_secret(imported.pk, kept, Secret(SECRET), factories.BY)
    assert_nothing_came_of_it(imported)


def test_a_hash_of_a_robot_that_is_gone_cannot_be_exchanged(imported: Robot) -> None:
    kept = SlowHash(imported.imported_secret.salt, imported.imported_secret.digest)
    with pytest.raises(NotFound):
        exchange_imported_secret(imported.pk + 99, kept, Secret(SECRET), factories.BY)
    assert_nothing_came_of_it(imported)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="in the tests of SQLite all threads share one connection",
)
def test_fifty_first_logins_at_once_all_get_in_and_make_one_token(
    imported: Robot,
) -> None:
    together = Barrier(10)

    def log_in(number: int) -> int:
        try:
            together.wait(10)
            return (
                Endpoint(Client()).get(WEB, login=basic("acme+ci", SECRET)).status_code
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(log_in, range(50)))
    assert Counter(statuses) == {200: 50}
    assert imported.tokens.count() == 1
    assert not ImportedSecret.objects.exists()
    assert events() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="in the tests of SQLite all threads share one connection",
)
def test_a_regeneration_meanwhile_ends_it_whoever_is_first(imported: Robot) -> None:
    together = Barrier(2)

    def log_in() -> None:
        try:
            together.wait(10)
            Endpoint(Client()).get(WEB, login=basic("acme+ci", SECRET))
        finally:
            connections.close_all()

    def regenerate() -> None:
        try:
            together.wait(10)
            regenerate_token(imported, factories.BY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for call in [pool.submit(log_in), pool.submit(regenerate)]:
            call.result()
    assert not ImportedSecret.objects.exists()
    assert RobotToken.objects.filter(robot=imported).count() == 1
    response = Endpoint(Client()).get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == not_found("acme+ci")
