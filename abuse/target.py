"""What is attacked: the service, what the kit was given, and what it may do."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from abuse import needs
from abuse.api import Api, MadeRobot
from abuse.asking import Asker
from abuse.endpoint import TokenEndpoint
from abuse.exchange import ExchangeEndpoint
from abuse.issuer import OwnIssuer, listening
from abuse.needs import Needs, Person, Robot
from abuse.tokens import Pen, Workload
from abuse.verdict import NotApplicable

Given = TypeVar("Given")

SUBJECT = "repo:abuse/kit:ref:refs/heads/main"
AUDIENCE = "https://abuse-kit.example"


class Need(StrEnum):
    """What a case may need; the text is what is told when it is not there."""

    ROBOT = "a robot with a repository ([robot])"
    FORBIDDEN = "a repository that the robot may not use ([robot] forbidden)"
    OTHER_ROBOT = "a robot of another namespace ([other_robot])"
    PERSON = "a person with a password ([person])"
    API = "an API in Quay's format ([api])"
    OTHER_API = "a token of another namespace ([api] other_token)"
    AUDITOR = "a token that may read everything ([api] auditor_token)"
    CHANGES = "--allow-changes"
    WORKLOAD = (
        "a trust with its issuer's key ([exchange] key_file),"
        " or [exchange], [api], [issuer] and --allow-changes"
    )
    OWN_TRUSTS = "[exchange], [api], [issuer] and --allow-changes"
    REGISTRY = "a registry that answers /v2/ at the URL"
    TWO_SOURCES = "two addresses to come from (a service on this machine)"


@dataclass
class Target:
    """One service, during one run; `url` is what was named."""

    url: str
    asker: Asker
    endpoint: TokenEndpoint
    needs: Needs
    allow_changes: bool = False
    is_registry: bool = True
    flood: int = 100
    _made: ExitStack = field(default_factory=ExitStack)
    _issuer: OwnIssuer | None = None
    _workload: Workload | None = None

    def has(self, need: Need) -> bool:
        """Whether a case that needs it can be run."""
        given = self.needs
        api, exchange = given.api, given.exchange
        own = bool(api and exchange and given.issuer and self.allow_changes)
        return {
            Need.ROBOT: given.robot is not None and bool(given.robot.repository),
            Need.FORBIDDEN: given.robot is not None and bool(given.robot.forbidden),
            Need.OTHER_ROBOT: given.other_robot is not None,
            Need.PERSON: given.person is not None,
            Need.API: api is not None,
            Need.OTHER_API: api is not None and bool(api.other_token),
            Need.AUDITOR: api is not None and bool(api.auditor_token),
            Need.CHANGES: self.allow_changes,
            Need.WORKLOAD: own or bool(exchange and exchange.key_file),
            Need.OWN_TRUSTS: own,
            Need.REGISTRY: self.is_registry,
            Need.TWO_SOURCES: self.asker.source() is not None,
        }[need]

    @property
    def robot(self) -> Robot:
        """The robot that was given."""
        return _there(self.needs.robot)

    @property
    def other_robot(self) -> Robot:
        """That of another namespace."""
        return _there(self.needs.other_robot)

    @property
    def person(self) -> Person:
        """Who has a password."""
        return _there(self.needs.person)

    @property
    def api(self) -> Api:
        """The API as the administrator of the first namespace."""
        given = _there(self.needs.api)
        return Api(self.asker, given.url, given.namespace, given.token)

    @property
    def other_api(self) -> Api:
        """As the administrator of the other one."""
        given = _there(self.needs.api)
        return Api(self.asker, given.url, given.other_namespace, given.other_token)

    @property
    def auditor_api(self) -> Api:
        """As whoever reads everything, looking at the first namespace."""
        given = _there(self.needs.api)
        return Api(self.asker, given.url, given.namespace, given.auditor_token)

    @property
    def exchange(self) -> ExchangeEndpoint:
        """Where tokens of issuers are offered."""
        given = _there(self.needs.exchange)
        return ExchangeEndpoint(self.asker, self.endpoint, given.url, given.style)

    @property
    def issuer(self) -> OwnIssuer:
        """The issuer that the kit runs, from its first use to the end of the run."""
        if self._issuer is None:
            given = _there(self.needs.issuer)
            self._issuer = self._made.enter_context(listening(given))
        return self._issuer

    def workload(self) -> Workload:
        """Somebody that the service trusts. Raises NotApplicable."""
        if self._workload is None:
            given = _there(self.needs.exchange)
            if given.key_file:
                self._workload = _given_workload(given)
            else:
                made = self.trusted_workload("main")
                self._workload = self._made.enter_context(made)
        return self._workload

    @contextmanager
    def trusted_workload(self, name: str, **discovery: str) -> Iterator[Workload]:
        """A new issuer, and a new robot that trusts it. Raises NotApplicable."""
        pen = Pen.new()
        issuer = self.issuer.open(name, pen, **discovery)
        with self.api.robot() as robot:
            yield self.trusted(robot, issuer, pen)

    def trusted(self, robot: MadeRobot, issuer: str, pen: Pen) -> Workload:
        """The robot trusts the issuer now. Raises NotApplicable."""
        entry = {"issuer": issuer, "subject": SUBJECT, "audiences": [AUDIENCE]}
        said = robot.trust(entry)
        if said.status not in (200, 201):
            raise NotApplicable(
                f"no trust could be made: {said.status} {said.text[:90]}"
            )
        return Workload(robot.name, issuer, SUBJECT, AUDIENCE, pen)

    def end(self) -> None:
        """Remove what was made, and stop listening."""
        self._made.close()


def _given_workload(given: needs.Exchange) -> Workload:
    """Raises NotApplicable for a key that cannot be read."""
    try:
        key = load_pem_private_key(Path(given.key_file).read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise NotApplicable(f"[exchange] key_file: {error}") from None
    pen = Pen(given.kid, given.algorithm, key)
    return Workload(given.robot, given.issuer, given.subject, given.audience, pen)


def _there(given: Given | None) -> Given:
    """What a case said that it needs. Raises NotApplicable if it forgot to."""
    if given is None:
        raise NotApplicable("needs more than it was given")
    return given
