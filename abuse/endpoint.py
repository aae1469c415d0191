"""A registry's token endpoint, as its clients ask it."""

import base64
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from abuse import tokens
from abuse.asking import Answer, Asker
from abuse.needs import Person, Robot
from abuse.verdict import NotApplicable

Account = Robot | Person

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


def challenge_of(answer: Answer) -> dict[str, str]:
    """The parameters of a Bearer challenge (RFC 6750, section 3); {} without one."""
    scheme, _, rest = answer.header("www-authenticate").partition(" ")
    return dict(_PARAMETER.findall(rest)) if scheme.lower() == "bearer" else {}


def basic(name: str, secret: str) -> dict[str, str]:
    """The header of Basic credentials (RFC 7617)."""
    encoded = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def scope(repository: str, *actions: str) -> str:
    """What a client asks for."""
    return f"repository:{repository}:{','.join(actions)}"


def token_in(answer: Answer) -> str:
    """The token of an answer, or ""."""
    said = answer.json if answer.status == 200 else None
    if not isinstance(said, dict):
        return ""
    return str(said.get("token") or said.get("access_token") or "")


def granted(answer: Answer) -> dict[str, set[str]]:
    """The actions of each resource in the answer's token; {} if it was refused.

    Raises NotApplicable for tokens that say nothing.
    """
    if not (token := token_in(answer)):
        return {}
    found: dict[str, set[str]] = {}
    for entry in tokens.read(token)[1].get("access") or []:
        found.setdefault(str(entry.get("name")), set()).update(
            entry.get("actions") or []
        )
    return {name: actions for name, actions in found.items() if actions}


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Where it is, and the service that its tokens are for."""

    asker: Asker
    realm: str
    service: str

    def ask(
        self, account: Account | None, *scopes: str, source: str | None = None,
        **more: str,
    ) -> Answer:  # fmt: skip
        """A GET, with Basic credentials if there is an account."""
        headers = basic(account.name, account.secret) if account else {}
        return self.ask_raw(headers, *scopes, source=source, **more)

    def ask_raw(
        self,
        headers: dict[str, Any],
        *scopes: str,
        source: str | None = None,
        **more: str,
    ) -> Answer:
        """A GET with any headers."""
        asked = [("service", self.service), *(("scope", text) for text in scopes)]
        url = self.url(urlencode([*asked, *more.items()]))
        answer = self.asker.ask(url, headers=headers, source=source)
        self.asker.secrets.add(token_in(answer))
        return answer

    def tried(self, name: str, secret: str, *, source: str | None = None) -> int:
        """The status of a login; 429 is no verdict, and raises NotApplicable."""
        answer = self.ask_raw(basic(name, secret), source=source)
        if answer.status == 429:
            raise NotApplicable(
                "the service takes no more wrong secrets for now (429): try this case"
                f" alone, in {answer.header('retry-after') or 'some'} seconds"
            )
        return answer.status

    def post(self, **form: str) -> Answer:
        """A POST, as OAuth clients send it."""
        answer = self.asker.ask(
            self.realm,
            method="POST",
            form=[("service", self.service), ("client_id", "abuse"), *form.items()],
        )
        self.asker.secrets.add(token_in(answer))
        return answer

    def url(self, query: str) -> str:
        """The realm with a query of any form."""
        return f"{self.realm}{'&' if '?' in self.realm else '?'}{query}"
