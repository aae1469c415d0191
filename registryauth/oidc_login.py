"""A token of an identity provider, sent as a password, to its robot."""

from datetime import datetime

from federation.errors import NO_MATCH, Refused
from federation.login import log_in
from federation.replay import usable_until
from registryauth.errors import Unauthorized
from robots.credentials import Secret
from robots.identity import Identity, Kind, Method
from robots.names import MAX_LENGTH
from robots.origin import Origin


def authenticate_assertion(
    full_name: str, token: Secret, origin: Origin, now: datetime
) -> Identity:
    """The robot that one of its trusts lets the bearer of `token` be.

    The identity ends with the token. Raises Unauthorized, with the text of a wrong
    password where it is the robot or its trusts that are not right.
    """
    try:
        admission = log_in(full_name, token, origin, now)
    except Refused as refused:
        shown = full_name[:MAX_LENGTH]
        wrong = f"Could not find robot with username: {shown} and supplied password."
        message = wrong if refused.message == NO_MATCH else refused.message
        raise Unauthorized(message, reason=refused.reason) from None
    robot = admission.robot
    return Identity(
        kind=Kind.ROBOT,
        name=robot.full_name,
        id=robot.pk,
        namespace_id=robot.namespace_id,
        method=Method.OIDC_TOKEN,
        credential_expires_at=usable_until(admission),
    )
