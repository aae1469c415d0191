"""The questions whose cost must not grow with the site, as the product asks them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from django.test import Client
from django.utils import timezone

from benchmarks import skew
from benchmarks.seed import ISSUER
from benchmarks.world import World, app_secret_of, secret_of
from federation.admission import admit
from federation.errors import Refused
from quaysite.models import User
from registryauth.app_login import authenticate_app_login
from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot, reauthenticate_robot
from robots import access
from robots.credentials import Secret
from robots.decision import AccessRequest
from robots.identity import ANONYMOUS, Identity, Kind
from robots.login_grants import LoginGrants
from robots.models import Robot, RobotToken
from robots.names import RepositoryName
from robots.roles import Action
from tests.api.local import LocalClient
from tests.api.tokens import bearer
from tests.federation.signer import Signer

SCOPES = 10


class Question(NamedTuple):
    """A name, and what asks it."""

    name: str
    ask: Callable[[], object]


def hot_questions(world: World) -> list[Question]:
    """What the token endpoint and the exchange ask, and lists of the API.

    The middle robot asks: the first rows of a table would be found by any scan.
    """
    number = world.robots // 2
    name, secret = world.robot_name(number), Secret(secret_of(number))
    robot, person = _robot(name), _person(f"person-{world.people // 2}")
    granted = world.repositories_of(number)
    elsewhere = world.repositories_of(0)
    organization = world.organization_of(number)
    owner = organization.replace("org", "person")
    return [
        Question("robot token by secret", partial(_log_in, name, secret)),
        Question("robot token by key", partial(_renew, robot)),
        Question("wrong secret", partial(_log_in, name, Secret(secret_of(-2)))),
        Question("app token", partial(_app_login, world.people // 2)),
        Question("exchange", partial(_exchange, world.robot_name(number // 10 * 10))),
        Question("login, 1 scope", partial(_log_in, name, secret, granted[:1])),
        Question("login, 10 scopes", partial(_log_in, name, secret, granted[:SCOPES])),
        Question("robot, 1 scope", partial(_authorize, robot, granted[:1])),
        Question("robot, 10 scopes", partial(_authorize, robot, granted[:SCOPES])),
        Question("robot, foreign", partial(_authorize, robot, elsewhere[:SCOPES])),
        Question("person, 1 scope", partial(_authorize, person, granted[:1])),
        Question("person, 10 scopes", partial(_authorize, person, granted[:SCOPES])),
        Question("anonymous, 10 scopes", partial(_authorize, ANONYMOUS, granted[:10])),
        _audit_page(),
        *_lists(organization, owner),
    ]


def skewed_questions() -> list[Question]:
    """The same of the organization that `benchmarks.skew` makes."""
    robot, person = _robot(skew.ROBOT), _person("person-0")
    granted = [f"big/r-{n}" for n in (0, 1, 49, 50, 49_999, 50_000, 99_999)]
    plain = _robot("big+m-7")
    return [
        Question("big: token", partial(_log_in, skew.ROBOT, skew.secret())),
        Question("big: login", partial(_log_in, skew.ROBOT, skew.secret(), granted)),
        Question("big: wrong", partial(_log_in, skew.ROBOT, Secret(secret_of(-2)))),
        Question("big: robot, 1 scope", partial(_authorize, robot, granted[:1])),
        Question("big: robot, 7 scopes", partial(_authorize, robot, granted)),
        Question("big: other robot", partial(_authorize, plain, granted)),
        Question("big: person, 7 scopes", partial(_authorize, person, granted)),
        Question("big: anonymous", partial(_authorize, ANONYMOUS, granted)),
        *_lists("big", skew.OWNER),
    ]


def owners_client(name: str) -> LocalClient:
    """What asks for lists, with a new OAuth token of a person."""
    person = User.objects.get(username=name)
    return LocalClient(bearer(person, "repo:read org:admin user:read"))


def _audit_page() -> Question:
    """The newest events of the whole site, as the admin shows them."""
    person = User.objects.filter(pk=1)
    person.update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(person.get())
    path = "/admin/robots/auditevent/"
    return Question("audit page", partial(_open, client, path))


def _lists(organization: str, owner: str) -> list[Question]:
    at = f"/api/v1/organization/{organization}"
    client = owners_client(owner)
    paths = {
        "robots": f"{at}/robots?limit=100&token=true",
        "robots, permissions": f"{at}/robots?limit=100&permissions=true&token=false",
        "robots, searched": f"{at}/robots?limit=100&q=-1&token=false",
        "repositories": f"/api/v1/repository?namespace={organization}",
        "public repositories": "/api/v1/repository?public=true",
        "log": f"{at}/logs",
    }
    return [
        Question(f"{organization}: list of {name}", partial(_get, client, path))
        for name, path in paths.items()
    ]


def _log_in(name: str, secret: Secret, names: Sequence[str] = ()) -> None:
    """With what will be asked for, if there is anything."""
    grants = LoginGrants([RepositoryName(*name.split("/")) for name in names])
    with suppress(Unauthorized):
        authenticate_robot(name, secret, timezone.now(), grants=grants)


def _renew(robot: Identity) -> None:
    tokens = RobotToken.objects.filter(robot_id=robot.id or 0)
    token = tokens.values_list("pk").first()
    assert token is not None  # noqa: S101 - a seeded robot has one
    reauthenticate_robot(token[0], robot.name, timezone.now())


def _app_login(number: int) -> None:
    authenticate_app_login(Secret(app_secret_of(number)), timezone.now())


def _exchange(name: str) -> None:
    """As far as the trusts: nobody answers for this issuer."""
    with suppress(Refused):
        admit(name, Signer(ISSUER).token(sub=f"repo:{name}"), timezone.now())


def _authorize(identity: Identity, names: Sequence[str]) -> None:
    asked = [
        AccessRequest(RepositoryName(*name.split("/")), frozenset({Action.PULL}))
        for name in names
    ]
    access.authorize(identity, asked, timezone.now())


def _get(client: LocalClient, path: str) -> None:
    answer = client.get(path, Host="127.0.0.1")
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {answer.text}")


def _open(client: Client, path: str) -> None:
    response = client.get(path, headers={"Host": "127.0.0.1"})
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")


def _robot(full_name: str) -> Identity:
    namespace, _, name = full_name.partition("+")
    robot = Robot.objects.get(namespace__name=namespace, name=name)
    return Identity(Kind.ROBOT, full_name, id=robot.pk, namespace_id=robot.namespace_id)


def _person(name: str) -> Identity:
    return Identity(Kind.USER, name, id=User.objects.get(username=name).pk)
