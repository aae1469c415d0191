"""A token of an identity provider, sent as a password, to its robot."""

from datetime import datetime

from federation.admission import Admission
from federation.errors import NO_MATCH, Code, Refused
from federation.login import log_in
from federation.replay import usable_until
from registryauth.errors import (
    Cause,
    Unauthorized,
    Unavailable,
    WrongSecret,
    could_not_find,
)
from robots.credentials import Secret
from robots.identity import Identity, Kind, Method
from robots.origin import Origin

_CAUSES = {
    "robots_disallowed": Cause.ROBOTS_DISALLOWED,
    "robot": Cause.DISABLED,
    "time": Cause.EXPIRED,
}
"""By what failed; whatever else did, the token is not one that lets anybody in."""


def authenticate_assertion(
    full_name: str, token: Secret, origin: Origin, now: datetime
) -> Identity:
    """The robot that one of its trusts lets the bearer of `token` be.

    The identity ends with the token, the robot or the trust. Raises Unauthorized, with
    the text of a wrong password where it is the robot or its trusts that are not
    right; Unavailable where the issuer's keys cannot be had now.
    """
    try:
        admission = log_in(full_name, token, origin, now)
    except Refused as refused:
        if refused.code is Code.UNAVAILABLE:
            cause = Cause.ISSUER_UNAVAILABLE
            raise Unavailable(refused.message, refused.reason, cause) from None
        is_told = refused.message != NO_MATCH
        message = refused.message if is_told else could_not_find(full_name)
        kind = WrongSecret if refused.is_wrong_token else Unauthorized
        cause = _CAUSES.get(refused.check, Cause.BAD_CREDENTIALS)
        raise kind(message, refused.reason, cause) from None
    robot = admission.robot
    return Identity(
        kind=Kind.ROBOT,
        name=robot.full_name,
        id=robot.pk,
        namespace_id=robot.namespace_id,
        method=Method.OIDC_TOKEN,
        credential_expires_at=_ends_at(admission),
    )


def _ends_at(admission: Admission) -> datetime:
    ends = (admission.robot.expires_at, admission.trust.expires_at)
    return min([usable_until(admission), *(end for end in ends if end is not None)])
