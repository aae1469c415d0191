"""Offering a token of an issuer: what is accepted, what is refused."""

from dataclasses import dataclass

from abuse.asking import Answer, Asker
from abuse.endpoint import TokenEndpoint, basic, token_in
from abuse.verdict import Findings, NotApplicable

_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_TYPE = "urn:ietf:params:oauth:token-type:jwt"


@dataclass(frozen=True, slots=True)
class ExchangeEndpoint:
    """Where, and in which of three ways."""

    asker: Asker
    endpoint: TokenEndpoint
    url: str
    style: str

    def offer(self, robot: str, token: str) -> Answer:
        """The service's answer. Raises NotApplicable for 429, which is no verdict."""
        answer = self._asked(robot, token)
        if answer.status == 429:
            raise NotApplicable("the service takes no more wrong tokens for now (429)")
        self.asker.secrets.add(token_in(answer))
        return answer

    def accepts(self, robot: str, token: str) -> bool:
        """Whether somebody got in."""
        return bool(token_in(self.offer(robot, token)))

    def must_accept(self, robot: str, token: str) -> None:
        """The control: without it a refusal proves nothing. Raises NotApplicable."""
        answer = self.offer(robot, token)
        if not token_in(answer):
            said = self.asker.secrets.mask(answer.text)[:120]
            raise NotApplicable(
                f"a good token is refused, so nothing is proven: {answer.status} {said}"
            )

    def check_refused(
        self, findings: Findings, robot: str, token: str, what: str
    ) -> None:
        """`what` must be refused, clearly and without an error of the server's."""
        answer = self.offer(robot, token)
        if token_in(answer):
            findings.check(False, f"{what}: accepted")
        else:
            clear = answer.refused or answer.status == 503
            findings.check(clear, f"{what}: answered {answer.status}, not 4xx")

    def _asked(self, robot: str, token: str) -> Answer:
        if self.style == "password":
            return self.endpoint.ask_raw(basic(robot, token))
        if self.style == "quay":
            return self.asker.ask(self.url, headers=basic(robot, token))
        form = {
            "grant_type": _GRANT, "subject_token": token,
            "subject_token_type": _TYPE, "audience": robot,
        }  # fmt: skip
        return self.asker.ask(self.url, method="POST", form=form.items())
