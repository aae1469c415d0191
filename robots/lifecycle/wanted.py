"""What many permissions are to become: one role, or none, and its end."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from robots.ends import check_end
from robots.errors import DomainError
from robots.roles import Role

NO_ROLE = "none"
"""What stands for no permission where a role is named."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The role that every repository is to grant, None for none, and its end."""

    role: Role | None
    until: datetime | None = None

    @property
    def role_name(self) -> str:
        return NO_ROLE if self.role is None else self.role.label


def check_wanted(wanted: Wanted, *, past_ends: bool = False) -> None:
    """Raise DomainError for an end that cannot be; `past_ends` lets one have passed."""
    if wanted.until is None:
        return
    check_end("until", wanted.until)
    if wanted.role is None:
        raise DomainError("until: there is nothing to end where the role is none")
    if not past_ends and wanted.until <= timezone.now():
        raise DomainError("until: this time has passed")
