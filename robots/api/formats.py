"""Values as Quay writes them: dates and avatars (contract 0.7)."""

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime

from django.contrib.auth.base_user import AbstractBaseUser

from robots.models import Namespace, Robot, Team

_COLOURS = (
    "#969696", "#aec7e8", "#ff7f0e", "#ffbb78", "#2ca02c", "#98df8a", "#d62728",
    "#ff9896", "#9467bd", "#c5b0d5", "#8c564b", "#c49c94", "#e377c2", "#f7b6d2",
    "#17becf", "#9edae5", "#393b79", "#5254a3", "#6b6ecf", "#9c9ede",
)  # fmt: skip


def date(moment: datetime | None) -> str | None:
    """RFC 2822 with `-0000`, in UTC; None for None."""
    if moment is None:
        return None
    return format_datetime(moment.astimezone(UTC).replace(tzinfo=None))


def avatar_of(thing: AbstractBaseUser | Namespace | Robot | Team) -> dict[str, str]:
    """The avatar of a person, an organization, a robot or a team."""
    match thing:
        case Robot():
            return avatar(thing.full_name, "robot")
        case Team():
            return avatar(thing.name, "team")
        case Namespace():
            return avatar(thing.name, "org", thing.email)
    email = getattr(thing, thing.get_email_field_name(), "")
    return avatar(thing.get_username(), "user", email)


def avatar(name: str, kind: str, email: str = "") -> dict[str, str]:
    """What clients draw for somebody: a colour, and a hash they may look up."""
    digest = hashlib.sha256((email or name).lower().encode()).hexdigest()
    colour = _COLOURS[int(digest[:4], 16) % len(_COLOURS)]
    return {"name": name, "hash": digest, "color": colour, "kind": kind}
