"""Emergency switches: turn one on or off (rule R5).

Of the site, a namespace, one robot, or an issuer: `robots.switch_targets`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from robots import audit
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, NameInvalid, NotFound
from robots.lifecycle.tokens import locked_robot
from robots.models import EmergencySwitch, Namespace, Robot
from robots.names import MAX_LENGTH, parse_robot_name
from robots.switch_targets import Target, columns_of, facts_of, namespace_of, target_of
from robots.switches import switches_on
from robots.text import check_storable

MAX_REASON = 255
"""Characters of the reason."""

MAX_ALLOWED = 200
"""Names that one switch excepts: each use of a robot's token reads all of them."""

LONGEST = timedelta(days=3660)
"""Further ahead there is no end; a switch without an end stays on until turned off."""

TURNED_ON = "turn_on_emergency_switch"
CHANGED = "change_emergency_switch"
TURNED_OFF = "turn_off_emergency_switch"

_DELETION = Performer(audit.SYSTEM, "deletion of a namespace")
"""Takes names off lists; who deleted it is in the event of the deletion itself."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Why robots are stopped, until when at most, and which ones go on working."""

    reason: str
    ends_at: datetime | None = None
    allowed: Sequence[str] = ()


def turn_on(target: Target, terms: Terms, by: Performer) -> EmergencySwitch:
    """Stop the robots of the target from now on; None is the whole site.

    What is on already gets these terms. Raises DomainError for terms that cannot be,
    NotFound if the target is gone, AlreadyExists if somebody else was faster.
    """
    now = timezone.now()
    allowed = check_terms(target, terms, now)
    new = {
        "reason": terms.reason,
        "ends_at": terms.ends_at,
        "allowed": "\n".join(allowed),
    }
    try:
        with transaction.atomic():
            held = _held(target)
            kind, switch = _stored(held, new, by, now)
            audit.record(kind, by, namespace_of(held), **_facts(switch))
    except IntegrityError:
        raise AlreadyExists(
            "Somebody else has just turned this switch on: look at it again"
        ) from None
    return switch


def turn_off(target: Target, by: Performer) -> None:
    """Let the robots of the target go on; None is the whole site.

    Raises NotFound if the switch is not on.
    """
    with transaction.atomic():
        switch = _of(target).select_for_update().first()
        if switch is None or not switch.is_on(timezone.now()):
            raise NotFound("The switch is off already")
        switch.delete()
        facts = {**facts_of(target), "turned_on_at": switch.turned_on_at.isoformat()}
        audit.record(TURNED_OFF, by, namespace_of(target), **facts)


def follow_rename(old_name: str, new_name: str) -> None:
    """Have every list name the robots of a namespace by its new name.

    Call it in the transaction of the renaming. The old name is free from then on,
    and whoever takes it is not on a list.
    """
    old, new = f"{old_name}+", f"{new_name}+"
    rows = EmergencySwitch.objects.select_for_update()
    for switch in rows.filter(allowed__contains=old):
        switch.allowed = "\n".join(
            f"{new}{name.removeprefix(old)}" if name.startswith(old) else name
            for name in switch.allowed_names
        )
        switch.save(update_fields=["allowed"])


def forget_namespace(sender: type[Namespace], instance: Namespace, **_: Any) -> None:
    """Receiver of a namespace's post_delete: no list names its robots any more.

    The name is free from then on, and whoever takes it is not on a list. The row of
    the namespace goes first, as everything here takes it before a switch's.
    """
    gone = f"{instance.name}+"
    naming = switches_on(timezone.now()).filter(allowed__contains=gone)
    for switch in naming.select_for_update().order_by("id"):
        names = switch.allowed_names
        kept = [name for name in names if not name.startswith(gone)]
        if kept != names:
            switch.allowed = "\n".join(kept)
            switch.save(update_fields=["allowed"])
            removed = [name for name in names if name.startswith(gone)]
            facts = {**_facts(switch), "removed": removed}
            audit.record(CHANGED, _DELETION, switch.namespace, **facts)


def check_terms(target: Target, terms: Terms, now: datetime) -> tuple[str, ...]:
    """The names to except, each once. Raises DomainError for what cannot be."""
    if not terms.reason.strip():
        raise DomainError("reason: say why the robots are stopped")
    if len(terms.reason) > MAX_REASON:
        raise DomainError(f"reason: at most {MAX_REASON} characters")
    check_storable("reason", terms.reason)
    check_end(terms.ends_at, now)
    return check_allowed(target, terms.allowed)


def check_end(ends_at: datetime | None, now: datetime) -> None:
    """Raise DomainError for an end that has passed, or is too far ahead."""
    if ends_at is not None and not now < ends_at < now + LONGEST:
        raise DomainError("The end must lie ahead, by ten years at most")


def check_allowed(target: Target, allowed: Iterable[str]) -> tuple[str, ...]:
    """The names, each once and in order. A robot of that name need not exist.

    Raises NameInvalid for what names no robot or one of another namespace, and
    DomainError for too many, or for any where one robot is to be stopped.
    """
    names = tuple(dict.fromkeys(allowed))
    if names and isinstance(target, Robot):
        raise DomainError("A switch of one robot account excepts none: leave them out")
    namespace = target if isinstance(target, Namespace) else None
    if len(names) > MAX_ALLOWED:
        raise DomainError(f"At most {MAX_ALLOWED} robot accounts can be excepted")
    for full_name in names:
        name = parse_robot_name(full_name)
        if name is None:
            example = f"{namespace.name if namespace else 'acme'}+mirror"
            raise NameInvalid(
                f"{full_name[:MAX_LENGTH]} is not the full name of a robot account,"
                f" such as {example}"
            )
        if namespace is not None and name.namespace != namespace.name:
            raise NameInvalid(f"{full_name} is not a robot account of {namespace}")
    return names


def _held(target: Target) -> Target:
    """The target, kept from being renamed or deleted until the transaction ends."""
    if isinstance(target, Robot):
        return locked_robot(target, no_key=True)
    if not isinstance(target, Namespace):
        return target
    rows = Namespace.objects.select_for_update(no_key=True)
    held = rows.filter(pk=target.pk, name=target.name).first()
    if held is None:
        raise NotFound(f"There is no namespace {target.name}")
    return held


def _stored(
    target: Target, new: dict[str, Any], by: Performer, now: datetime
) -> tuple[str, EmergencySwitch]:
    """The kind of the event, and the row."""
    switch = _of(target).select_for_update().first()
    kind = CHANGED if switch is not None and switch.is_on(now) else TURNED_ON
    if switch is None:
        switch = EmergencySwitch(**columns_of(target))
    if kind == TURNED_ON:
        switch.turned_on_at, switch.turned_on_by = now, by.name
    for field, value in new.items():
        setattr(switch, field, value)
    switch.save()
    return kind, switch


def _of(target: Target) -> QuerySet[EmergencySwitch]:
    return EmergencySwitch.objects.filter(**columns_of(target))


def _facts(switch: EmergencySwitch) -> dict[str, Any]:
    return {
        **facts_of(target_of(switch)),
        "reason": switch.reason,
        "ends_at": switch.ends_at.isoformat() if switch.ends_at else None,
        "allowed": switch.allowed_names,
    }
