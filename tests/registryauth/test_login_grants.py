"""What a robot's login finds of its grants: as the decision would have asked for it."""

import gc
import sys

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings

from registryauth.asked import Asked
from registryauth.authentication import authenticate
from registryauth.endpoint import reply_to
from registryauth.errors import Unauthorized
from robots.access import authorize
from robots.credentials import Secret
from robots.decision import AccessRequest, Decision
from robots.identity import ANONYMOUS, Identity, Kind
from robots.lifecycle.permissions import grant, revoke
from robots.lifecycle.tokens import add_static_token
from robots.login_grants import LoginGrants
from robots.models import Robot
from robots.names import RepositoryName
from robots.origin import NOWHERE
from robots.roles import Action, Role
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, refusal
from tests.robots import worlds
from tests.robots.worlds import NOW, Plan, World

API, WEB = RepositoryName("acme", "api"), RepositoryName("acme", "web")
GONE, FOREIGN = RepositoryName("acme", "gone"), RepositoryName("other", "web")
EVERYTHING = frozenset(Action)

pytestmark = pytest.mark.django_db


def decided(
    identity: Identity, *names: RepositoryName, grants: LoginGrants | None = None
) -> tuple[list[Decision], int]:
    """The decisions on every action, and how many queries they took."""
    requests = [AccessRequest(name, EVERYTHING) for name in names]
    with CaptureQueriesContext(connection) as queries:
        decisions = authorize(identity, requests, NOW, grants)
    return decisions, len(queries)


def logged_in(cast: Cast, *names: RepositoryName) -> tuple[Identity, LoginGrants]:
    grants = LoginGrants(names)
    return authenticate("acme+ci", cast.ci_secret, NOW, grants=grants), grants


def names_in(world: World, robot: Robot) -> list[RepositoryName]:
    """Every repository of the robot's namespace, and one that is not there."""
    home = robot.namespace
    here = [row.name for row in world.repositories if row.namespace_id == home.pk]
    return [RepositoryName(home.name, name) for name in [*here, "missing"]]


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(plan=worlds.plans())
def test_what_a_login_finds_decides_as_what_is_asked_anew(plan: Plan) -> None:
    with transaction.atomic():
        world = worlds.build(plan)
        for robot in world.robots:
            secret = add_static_token(robot, readable=False).secret
            check_agreement(robot, secret, names_in(world, robot))
        transaction.set_rollback(True)


def check_agreement(robot: Robot, secret: Secret, names: list[RepositoryName]) -> None:
    grants = LoginGrants(names)
    try:
        identity = authenticate(robot.full_name, secret, NOW, grants=grants)
    except Unauthorized:
        assert grants.rows_for(factories.robot_identity(robot), names) is None
        return
    found, queries = decided(identity, *names, grants=grants)
    assert (found, queries) == (decided(identity, *names)[0], 0)


def test_nobody_else_is_given_what_a_login_found(cast: Cast) -> None:
    identity, grants = logged_in(cast, WEB)
    assert grants.rows_for(identity, [WEB])
    person = identity._replace(kind=Kind.USER)
    other = factories.robot_identity(cast.reader)
    for stranger in (person, other, ANONYMOUS, ANONYMOUS._replace(kind=Kind.ROBOT)):
        assert grants.rows_for(stranger, [WEB]) is None
        assert LoginGrants([WEB]).rows_for(stranger, [WEB]) is None


def test_what_a_login_was_not_asked_for_is_asked_of_the_database(cast: Cast) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    identity, grants = logged_in(cast, WEB)
    for names in ([API], [WEB, API], [FOREIGN]):
        found, queries = decided(identity, *names, grants=grants)
        assert (found, queries) == (decided(identity, *names)[0], 1)


@pytest.mark.parametrize(
    "names", [(), (FOREIGN,), (WEB, FOREIGN)], ids=["none", "foreign", "both"]
)
def test_a_login_that_asks_for_more_than_its_namespace_finds_nothing(
    cast: Cast, names: tuple[RepositoryName, ...]
) -> None:
    identity, grants = logged_in(cast, *names)
    assert identity.name == "acme+ci"
    assert grants.rows_for(identity, names) is None


def test_what_is_not_there_is_found_to_be_missing(cast: Cast) -> None:
    identity, grants = logged_in(cast, GONE, WEB)
    ([gone, web], queries) = decided(identity, GONE, WEB, grants=grants)
    assert (gone.granted, gone.repository_id, queries) == (frozenset(), None, 0)
    assert web.repository_id == cast.web.pk


def test_each_login_finds_what_holds_then(cast: Cast) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    identity, grants = logged_in(cast, API)
    ([decision], _) = decided(identity, API, grants=grants)
    assert decision.granted == {Action.PULL}
    revoke(cast.api, cast.ci, factories.BY)
    identity, grants = logged_in(cast, API)
    ([decision], queries) = decided(identity, API, grants=grants)
    assert (decision.granted, queries) == (frozenset(), 0)


@pytest.mark.parametrize("scope", ["nonsense", "repository:acme/UPPER!:pull"])
def test_who_may_not_come_in_is_told_that_whatever_was_asked(
    cast: Cast, endpoint: Endpoint, scope: str
) -> None:
    wrong, right = basic("acme+ci", Secret("WRONG")), basic("acme+ci", cast.ci_secret)
    assert refusal(endpoint.get(scope, login=wrong))[0] == 401
    assert refusal(endpoint.get(scope, login=right))[0] == 400
    form = {"grant_type": "password", "username": "acme+ci", "scope": scope}
    assert endpoint.post(**form, password="WRONG").status_code == 401
    shown = cast.ci_secret.reveal()
    assert endpoint.post(**form, password=shown).status_code == 400


@pytest.mark.parametrize("query", ["scope=nonsense", "service=unknown"])
@pytest.mark.parametrize("secret", ["right", "wrong"])
def test_a_secret_leaves_memory_though_the_wish_is_unreadable(
    query: str, secret: str, cast: Cast
) -> None:
    """With the reply, without a collection of garbage."""
    shown = cast.ci_secret if secret == "right" else Secret("WRONG")
    header = basic("acme+ci", shown)
    gc.collect()
    gc.disable()
    try:
        before = sys.getrefcount(header)
        reply = reply_to(Asked("GET", query, header, "", NOWHERE, dict, {}))
        assert reply.status == (400 if secret == "right" else 401)
        assert sys.getrefcount(header) == before
    finally:
        gc.enable()
