"""The use case without an exchange: the token of an issuer is itself the password.

Docker, podman and the kubelet can send a user name and a password, and nothing else.
"""

from datetime import datetime

from django.db import IntegrityError, router

from federation import exchange, refusals, replay
from federation.admission import Admission, admit
from federation.errors import Refused
from federation.models import UsedAssertion
from federation.provenance import provenance
from federation.replay import Used
from federation.writes import write
from robots import audit
from robots.audit import Performer
from robots.credentials import Secret
from robots.identity import ANONYMOUS
from robots.origin import Origin

_JWT_BEGINS = "eyJ"
"""What a JSON object begins with in base64; no token of ours does."""


def is_assertion(secret: Secret) -> bool:
    """Whether a password looks like a JWT: three parts, the first a JSON object."""
    text = secret.reveal()
    return text.startswith(_JWT_BEGINS) and text.count(".") == 2


def log_in(robot_name: str, token: Secret, origin: Origin, now: datetime) -> Admission:
    """Admit a token as a password, any number of times within its own life.

    A token of a single-use trust is bound to the robot and the address that it is
    first used from. Two queries but for the first time. Raises Refused.
    """
    try:
        admission = admit(robot_name, token, now)
        _use(admission, origin, now)
    except Refused as refused:
        refusals.note_trusts(refused, now)
        raise
    return admission


def _use(admission: Admission, origin: Origin, now: datetime) -> None:
    source = origin.address or "unknown"
    before = replay.used(admission) or _first_use(admission, source, origin, now)
    if before is not None:
        replay.check_bound(admission, source, before)


def _first_use(
    admission: Admission, source: str, origin: Origin, now: datetime
) -> Used | None:
    """Bind the token; how it was used if somebody else was faster."""
    event = audit.columns(
        "federated_robot_login",
        Performer.caller(ANONYMOUS, origin),
        admission.robot.home,
        exchange.facts(admission, provenance(admission.claims)),
    )
    try:
        use = replay.use(admission, source)
        write(admission.trust, now, used=use, event=event)
    except IntegrityError:
        # A replica may not have the row yet, and must not pass for its absence.
        before = replay.used(admission, router.db_for_write(UsedAssertion))
        if before is None:
            raise Refused("the token could not be bound", check="replay") from None
        return before
    return None
