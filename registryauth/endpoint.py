"""GET and POST /v2/auth without HTTP around it: a question becomes a reply.

The Distribution token specification, for docker and others. Here nothing is decided:
authentication, decision and signature have modules of their own.
"""

import logging
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import orjson

from registryauth import counted, logins, parameters, refresh
from registryauth.asked import Asked
from registryauth.authentication import authenticate, authenticate_header
from registryauth.errors import (
    Cause,
    EndpointError,
    InvalidRequest,
    MethodNotAllowed,
    Unauthorized,
    Unavailable,
    WrongSecret,
)
from registryauth.foreseen import Foreseen, Wish
from registryauth.issue import Answer, Question, issue
from registryauth.keys import KeyStoreError
from registryauth.refusals import NO_STORE, Reply, refused
from robots.forwarded import forwarded
from robots.identity import Identity
from robots.login_grants import LoginGrants
from robots.outage import OUTAGES, drop_dead_connections, is_outage

logger = logging.getLogger(__name__)

UNAVAILABLE = "The service is unavailable"
_HEADERS = {"Content-Type": "application/json", "Cache-Control": NO_STORE}


def reply_to(asked: Asked) -> Reply:
    """A token, or why there is none. Raises nothing that an outage causes."""
    began = perf_counter()
    reply = _token_or_refusal(asked)
    counted.note_reply(asked.kind, reply.status, perf_counter() - began)
    return reply


def _token_or_refusal(asked: Asked) -> Reply:
    try:
        return _reply(asked)
    except EndpointError as error:
        return _refused(asked, error)
    except OUTAGES as error:
        if not is_outage(error):
            raise
        logger.error("database unavailable: %s", type(error).__name__)
        return _refused(asked, Unavailable(UNAVAILABLE))
    except KeyStoreError as error:
        logger.error("no signing key: %s", error)
        return _refused(asked, Unavailable(UNAVAILABLE, cause=Cause.SIGNING_KEY))


def _refused(asked: Asked, error: EndpointError) -> Reply:
    asked.kind = error.kind or asked.kind
    counted.note_refusal(error)
    if isinstance(error, WrongSecret):
        forwarded.note_failure(asked.meta)
    return refused(asked.origin, error)


def _reply(asked: Asked) -> Reply:
    """Reply, with a second try on a fresh connection.

    A kept connection that the server has cut fails at its first use, and no
    client asks again. Asking twice is safe: a push creates what it needs once.
    """
    try:
        return _once(asked)
    except OUTAGES as error:
        # A lock that was waited for in vain is no reason to wait once more.
        if not is_outage(error) or not drop_dead_connections():
            raise
        return _once(asked)


def _once(asked: Asked) -> Reply:
    now = datetime.now(UTC)
    if asked.method == "GET" or asked.method == "HEAD":
        return _granted(_get(asked, now))
    if asked.method == "POST":
        return _granted(_post(asked, now))
    raise MethodNotAllowed("Use GET or POST")


def _get(asked: Asked, now: datetime) -> Answer:
    """A token for the Authorization header's owner, or for anybody."""
    foreseen = Foreseen(lambda: _wish_in(asked.query))
    try:
        identity = authenticate_header(
            asked.authorization, now, asked.origin, foreseen.grants
        )
    except Unauthorized as error:
        logins.login_log.note_failure(error, asked)
        raise
    asked.kind = counted.kind_of(identity)
    wish = foreseen.wish()
    if identity.is_anonymous and not wish.scopes:
        raise Unauthorized(
            "access to the requested resource is not authorized",
            cause=Cause.NOTHING_SHOWN,
        )
    question = Question(wish, may_create=asked.method == "GET", origin=asked.origin)
    answer = issue(identity, question, now, foreseen.grants)
    if not wish.scopes:
        logins.login_log.note_login(identity, asked)
    return answer


def _wish_in(query: str) -> Wish:
    values = parameters.query(query)
    return Wish(
        service=parameters.service(values),
        scopes=parameters.requested_scopes(values),
        wants_refresh_token=parameters.last(values, "offline_token") == "true",
    )


def _post(asked: Asked, now: datetime) -> Answer:
    """The OAuth 2 form that containerd, and docker with a refresh token, send."""
    values = asked.form()
    service = parameters.service(values)
    grant_type = parameters.last(values, "grant_type")
    offline = parameters.last(values, "access_type") == "offline"
    foreseen = Foreseen(
        lambda: Wish(
            service=service,
            scopes=parameters.requested_scopes(values),
            # A refresh token does not renew itself: it would never end.
            wants_refresh_token=grant_type == "password" and offline,
        )
    )
    if grant_type == "password":
        identity = _by_password(asked, values, now, foreseen.grants)
        asked.kind = counted.kind_of(identity)
    elif grant_type == "refresh_token":
        asked.kind = counted.REFRESH
        shown = parameters.required(values, "refresh_token")
        identity = refresh.authenticate(shown, service, now)
    else:
        raise InvalidRequest("grant_type must be password or refresh_token")
    wish = foreseen.wish()
    question = Question(wish, may_create=True, origin=asked.origin)
    answer = issue(identity, question, now, foreseen.grants)
    if not wish.scopes and grant_type == "password":
        logins.login_log.note_login(identity, asked)
    return answer


def _by_password(
    asked: Asked, values: parameters.Values, now: datetime, grants: LoginGrants | None
) -> Identity:
    username = parameters.required(values, "username").reveal()
    password = parameters.required(values, "password")
    try:
        return authenticate(username, password, now, asked.origin, grants)
    except Unauthorized as error:
        logins.login_log.note_failure(error, asked)
        raise


def _granted(answer: Answer) -> Reply:
    body: dict[str, Any] = {
        "token": answer.token,
        "access_token": answer.token,
        "expires_in": int((answer.expires_at - answer.issued_at).total_seconds()),
        "issued_at": f"{answer.issued_at.isoformat()[:19]}Z",
    }
    if answer.refresh_token is not None:
        body["refresh_token"] = answer.refresh_token.reveal()
    return Reply(200, _HEADERS, orjson.dumps(body))
