"""The steps of keyless login, as clients take them: trust, exchange, log in."""

from dataclasses import dataclass
from typing import Any

import requests

from tests.e2e.accounts import Account
from tests.e2e.endpoint import SECONDS, Answer, request
from tests.e2e.provider import Provider
from tests.e2e.site import Site

_URN = "urn:ietf:params:oauth:"
GRANT_TYPE = f"{_URN}grant-type:token-exchange"
SUBJECT_TOKEN_TYPE = f"{_URN}token-type:jwt"


def path_of(robot: Account) -> str:
    """Where the API has a robot, below the organizations."""
    organization, _, short = robot.name.partition("+")
    return f"{organization}/robots/{short}"


@dataclass(frozen=True)
class Keyless:
    """Robots of `site`, and jobs of `provider` that act as them."""

    site: Site
    provider: Provider

    def api(self, by: Account, method: str, path: str, document: Any = None) -> Answer:
        """A request to the API of an organization, with the OAuth token of `by`."""
        return request(
            method,
            self.site.address,
            f"/api/v1/organization/{path}",
            headers={"Authorization": f"Bearer {by.secret}"},
            document=document,
        )

    def trust(self, by: Account, robot: Account, job: Account, **more: Any) -> None:
        """Let `job`, and nobody else, be `robot`; by the form that Quay documents."""
        entry = {"issuer": self.provider.issuer, "subject": job.name, **more}
        answer = self.api(by, "POST", f"{path_of(robot)}/federation", [entry])
        assert (answer.status, answer.json) == (200, [entry])

    def distrust(self, by: Account, robot: Account) -> None:
        """Take every trust of `robot` away."""
        answer = self.api(by, "DELETE", f"{path_of(robot)}/federation")
        assert answer.status == 204, answer.text

    def new_token(self, job: Account, **form: str) -> str:
        """A token of the provider, which no log may hold."""
        token = self.provider.token(job, **form)
        self.site.canaries.add(token)
        return token

    def ask(self, robot: str, token: str) -> requests.Response:
        """What the site answers to Quay's exchange, called as its users call it."""
        url = f"http://{self.site.address}/oauth2/federation/robot/token"
        self.site.account(robot, token)
        with requests.Session() as session:
            session.trust_env = False  # a proxy cannot reach the loopback address
            return session.get(url, auth=(robot, token), timeout=SECONDS)

    def exchange(self, robot: Account, token: str) -> Account:
        """`robot` with the token that Quay's exchange gives it."""
        answer = self.ask(robot.name, token)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"token"}
        return self.site.account(robot.name, answer.json()["token"])

    def ask_by_rfc8693(self, robot: str, token: str) -> Answer:
        """What the site answers to a token exchange (RFC 8693, section 2.1)."""
        form = {
            "grant_type": GRANT_TYPE,
            "subject_token": token,
            "subject_token_type": SUBJECT_TOKEN_TYPE,
            "audience": robot,
        }
        return request("POST", self.site.address, "/oauth2/token", form=form)

    def exchange_by_rfc8693(self, robot: Account, token: str) -> Account:
        """`robot` with the token that the exchange of RFC 8693 gives it."""
        answer = self.ask_by_rfc8693(robot.name, token)
        assert answer.status == 200, answer.text
        return self.site.account(robot.name, answer.json["access_token"])

    def log_in(self, by: Account, robot: Account, **more: Any) -> Account:
        """`robot` with the token that a new job of its own has got for it."""
        job = self.provider.new_job()
        self.trust(by, robot, job, **more)
        return self.exchange(robot, self.new_token(job))
