"""The cases: what is asked, of whom, and how it is to be answered.

Robots, repositories and their order are picked by a fixed seed, so that every run asks
the same questions.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import jwt

from benchmarks.federated import federated_secret_of
from benchmarks.load import Question, some
from benchmarks.site import SERVICE, Site
from benchmarks.world import PEOPLE_PASSWORD, World, secret_of
from tests.federation.signer import SUBJECT, Signer
from tests.registryauth.endpoint import basic

SCOPES = 10
LISTED = 100
"""Robots on one page of the API."""

EXCHANGE = "/oauth2/federation/robot/token"
_SEED = 8
_PUBLIC = 50
"""Each so many repositories one is public, the last of them (benchmarks.seed_sql)."""


@dataclass(frozen=True)
class Case:
    """`ask(count)` makes at most so many questions; all are answered with `status`.

    `is_right` looks at the body of an answer. A `single_use` question is never asked
    twice. `is_shed` ones may be answered with 429 where there are too many at once.
    Those of an `is_used` case are uses of repositories that none before it notes.
    """

    key: str
    title: str
    ask: Callable[[int], list[Question]]
    is_right: Callable[[bytes], bool] = bool
    status: int = 200
    single_use: bool = False
    is_shed: bool = False
    is_used: bool = False


def static(world: World, numbers: Iterable[int], scopes: int = 1) -> list[Question]:
    """A registry token for each robot's static token, for so many repositories."""
    return [_static(world, number, scopes) for number in numbers]


def static_case(world: World) -> Case:
    """A registry token for static tokens, of robots picked from all of `world`."""
    numbers = some(range(world.robots), _SEED)
    return Case(
        "a",
        "static robot token -> registry token",
        lambda count: static(world, numbers[:count]),
        grants(1),
        is_used=True,
    )


def bare(world: World) -> Case:
    """The requests of `static`, for the view that does little else than to sign."""
    title = "token view: one statement and a signature"
    return replace(static_case(world), key="bare", title=title, is_used=False)


def grants(count: int) -> Callable[[bytes], bool]:
    """Whether an answer is a registry token with something for each of `count`."""

    def is_right(body: bytes) -> bool:
        claims = jwt.decode(
            json.loads(body)["token"], options={"verify_signature": False}
        )
        granted = [entry for entry in claims["access"] if entry["actions"]]
        return len(granted) == count

    return is_right


def _lists(body: bytes) -> bool:
    return len(json.loads(body)["robots"]) == LISTED


def empty() -> Case:
    """What everything is compared with; the requests are those of `static`."""
    world = World(1000, 10_000)
    numbers = some(range(world.robots), _SEED)
    return Case("empty", "empty Django view", lambda _: static(world, numbers))


class Cases:
    """The cases of a seeded site, which is given what they need beside its seed."""

    def __init__(self, site: Site, signer: Signer) -> None:
        self._world = site.world
        self._signer = signer
        self._numbers = some(range(site.world.robots), _SEED)
        self._organizations = sorted(
            {site.world.organization_of(number) for number in self._numbers[:LISTED]}
        )
        site.call("let_in", issuer=signer.issuer, subject=SUBJECT, robots=self._numbers)
        self._bearer = "Bearer " + site.call(
            "bearer_of_owner", organizations=self._organizations
        )

    @property
    def static(self) -> Case:
        return static_case(self._world)

    @property
    def federated(self) -> Case:
        def ask(count: int) -> list[Question]:
            return [
                _token(
                    [self._world.repositories_of(number)[0]],
                    basic(self._world.robot_name(number), federated_secret_of(number)),
                )
                for number in self._numbers[:count]
            ]

        return Case("b", "federated token -> registry token", ask, grants(1))

    @property
    def exchange(self) -> Case:
        def ask(count: int) -> list[Question]:
            names = [self._world.robot_name(number) for number in self._numbers]
            return [
                Question(EXCHANGE, basic(name, self._signer.token()))
                for name in (names[turn % len(names)] for turn in range(count))
            ]

        title = "warm exchange, a new issuer's token each"
        return Case("c", title, ask, single_use=True)

    @property
    def password(self) -> Case:
        def ask(count: int) -> list[Question]:
            people = some(range(self._world.people), _SEED, count)
            return [
                _token(
                    _public(self._world)[:1],
                    basic(f"person-{number}", PEOPLE_PASSWORD),
                )
                for number in people
            ]

        return Case("d", "person's password", ask, grants(1), is_shed=True)

    @property
    def anonymous(self) -> Case:
        def ask(count: int) -> list[Question]:
            return [_token([name]) for name in _public(self._world)[:count]]

        return Case("e", "anonymous pull of a public repository", ask, grants(1))

    @property
    def ten_scopes(self) -> Case:
        def ask(count: int) -> list[Question]:
            return static(self._world, self._numbers[:count], SCOPES)

        title = f"static robot token, {SCOPES} scopes at once"
        return Case("f", title, ask, grants(SCOPES), is_used=True)

    @property
    def wrong_secret(self) -> Case:
        def ask(count: int) -> list[Question]:
            return [
                _static(self._world, number, secret=secret_of(number + 10**9))
                for number in self._numbers[:count]
            ]

        return Case("g", "wrong secret", ask, status=401)

    @property
    def robots_listed(self) -> Case:
        title = f"API list of {LISTED} robots with permissions and teams"
        return Case("h", title, lambda _: list(self._listed("true")), _lists)

    @property
    def robots_listed_plainly(self) -> Case:
        title = f"API list of {LISTED} robots, without"
        return Case("h0", title, lambda _: list(self._listed("false")), _lists)

    def all(self) -> list[Case]:
        """Those that a server is loaded with; bulk changes are a command."""
        return [
            self.static,
            self.federated,
            self.exchange,
            self.password,
            self.anonymous,
            self.ten_scopes,
            self.wrong_secret,
            self.robots_listed,
            self.robots_listed_plainly,
        ]

    def _listed(self, permissions: str) -> Iterator[Question]:
        query = urlencode(
            {"permissions": permissions, "token": "false", "limit": LISTED}
        )
        for organization in self._organizations:
            path = f"/api/v1/organization/{organization}/robots?{query}"
            yield Question(path, self._bearer)


def _static(
    world: World, number: int, scopes: int = 1, secret: str | None = None
) -> Question:
    login = basic(world.robot_name(number), secret or secret_of(number))
    return _token(world.repositories_of(number)[:scopes], login)


def _token(repositories: Iterable[str], login: str = "") -> Question:
    scopes = (("scope", f"repository:{name}:pull") for name in repositories)
    return Question(f"/v2/auth?{urlencode([*_SERVICE, *scopes])}", login)


_SERVICE = (("service", SERVICE),)


def _public(world: World) -> list[str]:
    """Full names of public repositories, in an order that the seed decides."""
    each = world.repositories_of_one
    numbers = range(_PUBLIC - 1, world.organizations * each, _PUBLIC)
    return [
        f"org-{number // each}/app-{number % each}" for number in some(numbers, _SEED)
    ]
