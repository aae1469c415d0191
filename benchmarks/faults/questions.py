"""What clients ask a site while it breaks, and which answer alone is right.

A question may take several requests. It ends at the first that is not answered right:
what the site did then is not known.
"""

import secrets
from collections.abc import Callable
from urllib.parse import quote

from benchmarks.faults.answers import Reply, has_status
from benchmarks.faults.cast import Cast
from benchmarks.faults.client import Client
from tests.e2e.accounts import Account
from tests.e2e.clients import TAG
from tests.e2e.keyless import GRANT_TYPE, SUBJECT_TOKEN_TYPE

Question = Callable[[Client, Cast], None]

PULL = frozenset({"pull"})
PUSH = frozenset({"pull", "push"})
NOTHING: frozenset[str] = frozenset()


def granted(client: Client, cast: Cast) -> None:
    """All of what was asked, and of what was asked the part that is allowed."""
    _token(client, cast, "granted", cast.writer, PUSH, "pull,push")
    _token(client, cast, "granted", cast.reader, PULL, "pull,push")


def not_granted(client: Client, cast: Cast) -> None:
    """A right secret, and no right to the repository."""
    _token(client, cast, "not granted", cast.nobody, NOTHING)


def wrong_secret(client: Client, cast: Cast) -> None:
    """A robot that there is, and a secret of nobody."""
    stranger = cast.writer.with_secret(secrets.token_hex(32).upper())
    path = cast.token_path(cast.web, "pull")
    refused = has_status(401)
    client.ask("wrong secret", refused, cast.address, path, login=_basic(stranger))


def disabled(client: Client, cast: Cast) -> None:
    """The right secret of a robot that was disabled."""
    path = cast.token_path(cast.web, "pull")
    login = _basic(cast.disabled)
    client.ask("disabled robot", has_status(401), cast.address, path, login=login)


def app_token(client: Client, cast: Cast) -> None:
    """A person's app-specific token."""
    _token(client, cast, "app token", cast.person, PULL)


def refreshed(client: Client, cast: Cast) -> None:
    """What docker keeps in place of a secret."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": cast.refresh_token,
        "service": cast.service,
        "scope": f"repository:{cast.web}:pull",
        "client_id": "faults",
    }

    def is_right(reply: Reply) -> bool:
        return cast.grants(reply, cast.web, PULL)

    path = "/v2/auth"
    client.ask("refresh token", is_right, cast.address, path, method="POST", form=form)


def exchanged(client: Client, cast: Cast) -> None:
    """An issuer's token earns a login, and works once."""
    form = _exchange(cast, cast.signer.token().reveal())

    def ask(right: Callable[[Reply], bool], changes: bool = False) -> Reply | None:
        return client.ask(
            *("exchange", right, cast.address, "/oauth2/token"),
            method="POST",
            form=form,
            changes=changes,
        )

    if (reply := ask(_has_access_token, changes=True)) is None:
        return
    robot = cast.trusting.with_secret(reply.json["access_token"])
    _token(client, cast, "exchange", robot, PULL)
    ask(has_status(400))


def forged(client: Client, cast: Cast) -> None:
    """The issuer's name and key id, and a signature of somebody else."""
    form = _exchange(cast, cast.forger.token().reveal())
    refused = has_status(400)
    path = "/oauth2/token"
    client.ask("forged token", refused, cast.address, path, method="POST", form=form)


def created(client: Client, cast: Cast) -> None:
    """A robot that the API says is created can log in at once."""
    name = f"made-{secrets.token_hex(6)}"
    path = f"/api/v1/organization/{cast.organization}/robots/{name}"
    reply = _change(client, cast, "PUT", path, has_status(201), {})
    if reply is not None:
        robot = Account(f"{cast.organization}+{name}", reply.json["token"])
        _token(client, cast, "robot by API", robot, NOTHING)


def permitted(client: Client, cast: Cast) -> None:
    """What the API says is given or taken away is so with the next token."""
    robot = cast.take_changing()
    try:
        _permit(client, cast, robot)
    finally:
        cast.give_back(robot)


def _permit(client: Client, cast: Cast, robot: Account) -> None:
    grantee = quote(robot.name, safe="")
    path = f"/api/v1/repository/{cast.web}/permissions/user/{grantee}"
    role = {"role": "read"}
    if _change(client, cast, "PUT", path, has_status(200), role) is None:
        return
    _token(client, cast, "permission by API", robot, PULL)
    if _change(client, cast, "DELETE", path, has_status(204)) is not None:
        _token(client, cast, "permission by API", robot, NOTHING)


def pulled(client: Client, cast: Cast) -> None:
    """The registry gives an image to whose token says so, and to nobody else."""
    path = f"/v2/{cast.web}/manifests/{TAG}"
    for robot, actions, status in (
        (cast.reader, PULL, 200),
        (cast.nobody, NOTHING, 401),
    ):
        reply = _token(client, cast, "pull", robot, actions)
        if reply is not None:
            login = f"Bearer {reply.json['token']}"
            client.ask("pull", has_status(status), cast.service, path, login=login)


def probed(client: Client, cast: Cast) -> None:
    """A process that answers is alive, whatever it leans on; ready it need not be."""
    for path in ("/healthz", "/readyz"):
        client.ask("probe", has_status(200), cast.address, path)


QUESTIONS: tuple[Question, ...] = (
    granted,
    not_granted,
    wrong_secret,
    disabled,
    app_token,
    refreshed,
    exchanged,
    forged,
    created,
    permitted,
    pulled,
    probed,
)


def _token(
    client: Client,
    cast: Cast,
    kind: str,
    who: Account,
    actions: frozenset[str],
    asked: str = "pull",
) -> Reply | None:
    """A registry token of `who`, which must hold these `actions` and no other."""

    def is_right(reply: Reply) -> bool:
        return cast.grants(reply, cast.web, actions)

    path = cast.token_path(cast.web, asked)
    return client.ask(kind, is_right, cast.address, path, login=_basic(who))


def _change(
    client: Client,
    cast: Cast,
    method: str,
    path: str,
    is_right: Callable[[Reply], bool],
    document: object = None,
) -> Reply | None:
    kind = "permission by API" if "permissions" in path else "robot by API"
    return client.ask(
        *(kind, is_right, cast.address, path),
        method=method,
        login=cast.bearer,
        document=document,
        changes=True,
    )


def _exchange(cast: Cast, token: str) -> dict[str, str]:
    """The form of a token exchange (RFC 8693, section 2.1)."""
    return {
        "grant_type": GRANT_TYPE,
        "subject_token": token,
        "subject_token_type": SUBJECT_TOKEN_TYPE,
        "audience": cast.trusting.name,
    }


def _has_access_token(reply: Reply) -> bool:
    return reply.status == 200 and bool(reply.json.get("access_token"))


def _basic(who: Account) -> str:
    return f"Basic {who.basic}"
