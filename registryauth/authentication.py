"""From what a client shows to an Identity. Raises; never falls back to anonymous."""

import base64
import binascii
from datetime import datetime

from federation.conf import password_login
from federation.login import is_assertion
from registryauth import app_login, counted, oauth_login
from registryauth.app_login import authenticate_app_login
from registryauth.errors import (
    Cause,
    EndpointError,
    TooManyRequests,
    Unauthorized,
    WrongSecret,
)
from registryauth.oauth_login import authenticate_oauth_login
from registryauth.oidc_login import authenticate_assertion
from registryauth.people_login import authenticate_client
from registryauth.robot_login import authenticate_robot
from registryauth.robot_spelling import robot_called
from robots.credentials import Secret
from robots.errors import AskAgainLater
from robots.failed_logins import failed_logins
from robots.identity import ANONYMOUS, Identity
from robots.login_attempt import Attempt, Shown
from robots.login_grants import LoginGrants
from robots.origin import NOWHERE, Origin
from robots.spans import traced

_UNREADABLE = "Specified credentials are invalid"


def authenticate_header(
    header: str | None,
    now: datetime,
    origin: Origin = NOWHERE,
    grants: LoginGrants | None = None,
) -> Identity:
    """The identity behind an Authorization header; anonymous only if there is none.

    What a robot's login finds on its way, `grants` holds afterwards.
    Raises Unauthorized for a header that is not Basic, is malformed, or is wrong
    (RFC 7617).
    """
    if header is None:
        return ANONYMOUS
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        raise _unreadable("the scheme is not Basic")
    username, secret = _decode(encoded.strip())
    return authenticate(username, secret, now, origin, grants)


@traced("authentication")
def authenticate(
    username: str,
    secret: Secret,
    now: datetime,
    origin: Origin = NOWHERE,
    grants: LoginGrants | None = None,
) -> Identity:
    """The robot (its name has a `+`) or the person that these belong to.

    `$app` and `$oauthtoken` name nobody: the secret alone says whose it is. A robot's
    secret may be a token of an issuer that it trusts; it can be bound to where it is
    used from, which is `origin`. Raises TooManyRequests where too many passwords come
    from there at a time, or too many secrets from there were wrong
    (`robots.failed_logins`). Raises Unauthorized, which then knows the user name, and
    names a robot as the caller spelled it.
    """
    name = robot_called(username)
    try:
        return _authenticate(name, secret, now, origin, grants)
    except AskAgainLater as later:
        refused = TooManyRequests(later)
        refused.kind = counted.kind_shown(name, secret)
        raise refused from None
    except EndpointError as error:
        error.kind = counted.kind_shown(name, secret)
        if isinstance(error, Unauthorized):
            error.username = name
            error.message = error.message.replace(name, username, 1)
        raise


def _authenticate(
    username: str,
    secret: Secret,
    now: datetime,
    origin: Origin,
    grants: LoginGrants | None,
) -> Identity:
    if "+" in username:
        shown = Shown.ROBOT_SECRET
    elif username in (app_login.USERNAME, oauth_login.USERNAME):
        shown = Shown.TOKEN
    else:
        return authenticate_client(username, secret, origin)
    attempt = Attempt(shown, username, origin.address)
    failed_logins.check(attempt)
    try:
        return _authenticate_secret(username, secret, now, origin, grants)
    except WrongSecret:
        failed_logins.note(attempt)
        raise


def _authenticate_secret(
    username: str,
    secret: Secret,
    now: datetime,
    origin: Origin,
    grants: LoginGrants | None,
) -> Identity:
    if username == app_login.USERNAME:
        return authenticate_app_login(secret, now)
    if username == oauth_login.USERNAME:
        return authenticate_oauth_login(secret, now)
    if is_assertion(secret) and password_login():
        return authenticate_assertion(username, secret, origin, now)
    return authenticate_robot(username, secret, now, origin, grants)


def _decode(encoded: str) -> tuple[str, Secret]:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise _unreadable("not base64 of UTF-8") from None
    username, colon, password = decoded.partition(":")
    if not colon or not username:
        raise _unreadable("no user name or no colon")
    return username, Secret(password)


def _unreadable(reason: str) -> Unauthorized:
    return Unauthorized(_UNREADABLE, reason, Cause.UNREADABLE)
