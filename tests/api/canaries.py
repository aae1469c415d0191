"""Which secrets an answer of the API shows, and which ones it is there to show."""

import base64
import re
from dataclasses import dataclass

from django.contrib.sessions.models import Session

from quaysite.lifecycle.applications import client_secret_of
from quaysite.models import AccessToken, Application, User
from registryauth import client_key
from robots import credentials
from robots.models import AppToken, RobotToken
from tests.api.client import Answer
from tests.api.matrix import Row

ADMINISTRATORS = frozenset({"a", "s", "org:admin", "super:user"})
"""Who sees the secrets of acme: people of the matrix, and scopes."""

OF_ACME = {
    "GET /organization/{orgname}/robots": {"token of acme+ci", "token of acme+reader"},
    "GET /organization/{orgname}/robots/{robot_shortname}": {"token of acme+ci"},
    **{
        f"{method} /organization/{{orgname}}/applications{rest}": {"secret of app"}
        for method, rest in (
            ("GET", ""),
            ("GET", "/{client_id}"),
            ("PUT", "/{client_id}"),
        )
    },
}
OF_THE_CALLER = {
    "GET /user/robots": "token of {}+ci",
    "GET /user/robots/{robot_shortname}": "token of {}+ci",
    "GET /user/apptoken/{token_uuid}": "app token of {}",
}
MAKING_ONE = frozenset(
    {
        *(
            f"{method} {base}/{{robot_shortname}}{rest}"
            for base in ("/organization/{orgname}/robots", "/user/robots")
            for method, rest in (
                ("PUT", ""),
                ("POST", "/regenerate"),
                ("POST", "/tokens"),
            )
        ),
        "POST /organization/{orgname}/applications",
        "POST /organization/{orgname}/applications/{client_id}/resetclientsecret",
        "POST /organization/{orgname}/applications/{client_id}/tokens",
        "POST /user/apptoken",
        "POST /user/clientkey",
    }
)
"""What answers with a secret that was not there before."""

NEW = "a new one"
_SHAPE = re.compile(
    # Robot tokens, app tokens, client secrets, OAuth tokens: as whole JSON strings.
    r'"(?=[A-Za-z]*\d)(?=[a-z\d]*[A-Z])(?:[A-Za-z\d]{40}|[A-Z\d]{64}|[A-Z\d]{120})"'
    r"|\bqs[a-z][._][\w.-]{10,}"  # federated tokens, refresh tokens
    rf'|"{client_key.PREFIX}[^"]+"'
    r"|\beyJ[\w-]{10,}\.",  # JWTs
)


@dataclass(frozen=True)
class Canaries:
    """The secrets that are stored, and what is kept of them, by their texts.

    `client_ids` are no secrets, though some look like one.
    """

    texts: dict[str, str]
    client_ids: frozenset[str]

    @classmethod
    def of_the_database(cls) -> "Canaries":
        found: dict[str, str] = {}
        for token in RobotToken.objects.select_related("robot__namespace"):
            name = token.robot.full_name
            secret = _unsealed(token)
            found[secret] = f"token of {name}"
            pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
            found[pair] = f"Basic authorization of {name}"
            found |= _kept(token)
        for app_token in AppToken.objects.select_related("user"):
            found[_unsealed(app_token)] = f"app token of {app_token.user.username}"
            found |= _kept(app_token)
        for application in Application.objects.exclude(sealed_secret=None):
            secret_of = client_secret_of(application)
            assert secret_of is not None
            found[secret_of.reveal()] = f"secret of {application.name}"
            found[application.client_secret] = "hash of a client secret"
        for user in User.objects.all():
            found[user.password] = f"hash of {user.username}'s password"
        for checksum in AccessToken.objects.values_list("token_checksum", flat=True):
            found[checksum] = "checksum of an OAuth token"
        for key in Session.objects.values_list("session_key", flat=True):
            found[key] = "key of a session"
        return cls(
            found, frozenset(Application.objects.values_list("client_id", flat=True))
        )

    def shown_in(self, answer: Answer) -> set[str]:
        """What of them is in the body or in a header that sets no cookie."""
        text = _said(answer)
        shown = {what for secret, what in self.texts.items() if secret in text}
        return shown | ({NEW} if self.new_in(answer) else set())

    def new_in(self, answer: Answer) -> set[str]:
        """What looks like a secret of ours, and was not there before."""
        found = {text.strip('"') for text in _SHAPE.findall(_said(answer))}
        return found - self.texts.keys() - self.client_ids


def _said(answer: Answer) -> str:
    headers = {k: v for k, v in answer.headers.items() if k != "Set-Cookie"}
    return f"{answer.text}\n{headers}"


def meant_to_show(row: Row, caller: str, username: str) -> set[str]:
    """What the answer to `caller` is there to show, if the caller is let in."""
    if row.name in MAKING_ONE:
        return {NEW}
    if row.name in OF_THE_CALLER:
        return {OF_THE_CALLER[row.name].format(username)}
    return OF_ACME.get(row.name, set()) if caller in ADMINISTRATORS else set()


def _unsealed(token: RobotToken | AppToken) -> str:
    secret = credentials.unseal(bytes(token.sealed or b""), token.digest)
    assert secret is not None
    return secret.reveal()


def _kept(token: RobotToken | AppToken) -> dict[str, str]:
    sealed = bytes(token.sealed or b"")
    forms = (token.digest, sealed.hex(), base64.b64encode(sealed).decode())
    return dict.fromkeys(forms, "what is kept of a token")
