"""From what a client shows to an Identity. Raises; never falls back to anonymous."""

import base64
import binascii
from datetime import datetime

from federation.conf import password_login
from federation.login import is_assertion
from registryauth import app_login, oauth_login
from registryauth.app_login import authenticate_app_login
from registryauth.errors import Unauthorized
from registryauth.oauth_login import authenticate_oauth_login
from registryauth.oidc_login import authenticate_assertion
from registryauth.people_login import authenticate_client
from registryauth.robot_login import authenticate_robot
from registryauth.robot_spelling import robot_called
from robots.credentials import Secret
from robots.identity import ANONYMOUS, Identity
from robots.login_grants import LoginGrants
from robots.origin import NOWHERE, Origin

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
        raise Unauthorized(_UNREADABLE, reason="the scheme is not Basic")
    username, secret = _decode(encoded.strip())
    return authenticate(username, secret, now, origin, grants)


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
    used from, which is `origin`. From there come so many passwords at a time, or it
    is TooManyRequests. Raises Unauthorized, which then knows the user name, and names
    a robot as the caller spelled it.
    """
    name = robot_called(username)
    try:
        return _authenticate(name, secret, now, origin, grants)
    except Unauthorized as error:
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
    if username == app_login.USERNAME:
        return authenticate_app_login(secret, now)
    if username == oauth_login.USERNAME:
        return authenticate_oauth_login(secret, now)
    if "+" in username and is_assertion(secret) and password_login():
        return authenticate_assertion(username, secret, origin, now)
    if "+" in username:
        return authenticate_robot(username, secret, now, origin, grants)
    return authenticate_client(username, secret, origin)


def _decode(encoded: str) -> tuple[str, Secret]:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise Unauthorized(_UNREADABLE, reason="not base64 of UTF-8") from None
    username, colon, password = decoded.partition(":")
    if not colon or not username:
        raise Unauthorized(_UNREADABLE, reason="no user name or no colon")
    return username, Secret(password)
