"""Who asks: accounts of a site, made before anything breaks."""

from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlencode

import jwt

from benchmarks.faults import inside
from benchmarks.faults.answers import Reply
from tests.e2e import conftest, endpoint
from tests.e2e.accounts import Account
from tests.e2e.site import Site
from tests.federation.signer import SUBJECT, Signer


@dataclass(frozen=True)
class Cast:
    """What the questions need to know of one server of a site and its registry.

    `writer` and `reader` have those roles on the repository `web`, `person` owns it,
    `nobody` may do nothing there, and `disabled` could write. `trusting` is a reader
    that trusts `signer`; `forger` signs with another key in its name.
    """

    address: str
    service: str
    organization: str
    writer: Account
    reader: Account
    nobody: Account
    disabled: Account
    person: Account
    trusting: Account
    bearer: str = field(repr=False)
    refresh_token: str = field(repr=False)
    signer: Signer
    forger: Signer
    keys: dict[str, jwt.PyJWK] = field(repr=False)
    changing: "SimpleQueue[Account]"

    @property
    def web(self) -> str:
        return f"{self.organization}/web"

    def token_path(self, repository: str, actions: str) -> str:
        scope = f"repository:{repository}:{actions}"
        return f"/v2/auth?{urlencode({'service': self.service, 'scope': scope})}"

    def take_changing(self) -> Account:
        """A robot whose permission nobody else changes until it is given back."""
        return self.changing.get()

    def give_back(self, robot: Account) -> None:
        self.changing.put(robot)

    def grants(self, reply: Reply, repository: str, actions: frozenset[str]) -> bool:
        """Whether it is a token, signed by the site, of just these actions there."""
        if reply.status != 200:
            return False
        try:
            claims = self._verified(reply.json["token"])
        except (jwt.PyJWTError, KeyError):
            return False
        found = [
            (entry["name"], frozenset(entry["actions"])) for entry in claims["access"]
        ]
        return found == [(repository, actions)]

    def _verified(self, token: str) -> dict[str, Any]:
        key = self.keys[jwt.get_unverified_header(token)["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            audience=self.service,
            issuer="quaysite",
            # Whether it is timely is for the registry to say, by its own clock.
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        return claims


def new_cast(site: Site, signer: Signer, changing: int) -> Cast:
    """Make it on a site that runs; `changing` robots have their permission changed."""
    (people,) = conftest.new_casts(site, 1)
    organization = people.organization
    made = [_new_robot(site, people, f"changing-{n}") for n in range(changing)]
    _trust(site, people, signer)
    site.call("set_robot_enabled", robot=people.admin.name, enabled=False)
    secret = site.call("new_tokens", username=people.owner.name)["app"]
    bearer = inside.call(site, "administering", username=people.owner.name)
    offline = endpoint.ask(site, people.reader, offline=True)
    forger = Signer(signer.issuer, signer.algorithm)
    forger.kid = signer.kid
    waiting: SimpleQueue[Account] = SimpleQueue()
    for robot in made:
        waiting.put(robot)
    return Cast(
        address=site.address,
        service=site.registry,
        organization=organization,
        writer=people.writer,
        reader=people.reader,
        nobody=people.nobody,
        disabled=people.admin,
        person=Account("$app", secret),
        trusting=people.reader,
        bearer=f"Bearer {bearer}",
        refresh_token=offline.json["refresh_token"],
        signer=signer,
        forger=forger,
        keys=_keys(site),
        changing=waiting,
    )


def _keys(site: Site) -> dict[str, jwt.PyJWK]:
    """The published keys of the site, by their ids."""
    answer = endpoint.request("GET", site.address, "/.well-known/jwks.json")
    return {member["kid"]: jwt.PyJWK(member) for member in answer.json["keys"]}


def _api(
    site: Site, by: conftest.Cast, method: str, path: str, document: Any
) -> endpoint.Answer:
    answer = endpoint.request(
        *(method, site.address, f"/api/v1/organization/{by.organization}/{path}"),
        headers={"Authorization": f"Bearer {by.api.secret}"},
        document=document,
    )
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {answer.text}")
    return answer


def _new_robot(site: Site, by: conftest.Cast, name: str) -> Account:
    made = _api(site, by, "PUT", f"robots/{name}", {}).json
    return Account(made["name"], made["token"])


def _trust(site: Site, by: conftest.Cast, signer: Signer) -> None:
    short = by.reader.name.partition("+")[2]
    entry = {"issuer": signer.issuer, "subject": SUBJECT}
    _api(site, by, "POST", f"robots/{short}/federation", [entry])
