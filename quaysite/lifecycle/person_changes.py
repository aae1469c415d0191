"""Changes to a person: all that one request asks for, or none of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from quaysite.lifecycle.passwords import check_password
from quaysite.lifecycle.people import (
    has_powers,
    is_email_taken,
    locked,
    own_namespace,
)
from quaysite.models import User
from robots import audit, names
from robots.audit import Performer
from robots.errors import AlreadyExists
from robots.models import Namespace

_EMAIL_TAKEN = "E-mail address already used"
_NAME_TAKEN = "Username is already in use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be different; None keeps what is there.

    `metadata` are new values of `first_name`, `last_name`, `company`, `location`.
    """

    username: str | None = None
    email: str | None = None
    password: str | None = None
    metadata: Mapping[str, str] | None = None
    invoice_email: bool | None = None
    invoice_email_address: str | None = None
    tag_expiration_s: int | None = None
    enabled: bool | None = None
    superuser: bool | None = None
    staff: bool | None = None

    @property
    def take_over(self) -> bool:
        """Whether they could hand the account to whoever asks for them."""
        wanted = (self.username, self.email, self.password, self.superuser, self.staff)
        return any(value is not None for value in wanted)


@dataclass(frozen=True, slots=True)
class _Work:
    """A person's locked row on its way to its new state."""

    person: User
    own: Namespace | None
    changes: Changes
    password_hash: str | None
    by: Performer

    def record(self, kind: str, **facts: object) -> None:
        username = facts.pop("username", self.person.username)
        audit.record(kind, self.by, self.own, username=username, **facts)


def change_person(
    user: User,
    changes: Changes,
    by: Performer,
    check: Callable[[User], None] = lambda person: None,
) -> User:
    """Apply `changes`, and answer the person as stored.

    `check` may refuse by raising, and sees the row as it is changed. Raises NotFound
    if the person is gone, DomainError for a password, or for a name that makes a
    robot's too long, NameInvalid, or AlreadyExists.
    """
    password_hash = _hash(user, changes.password)
    try:
        with transaction.atomic():
            person = locked(user)
            check(person)
            own = own_namespace(person)
            work = _Work(person, own, changes, password_hash, by)
            for step in _STEPS:
                step(work)
            person.save()
    except IntegrityError:
        email_taken = is_email_taken(changes.email or "", but=user)
        raise AlreadyExists(_EMAIL_TAKEN if email_taken else _NAME_TAKEN) from None
    return person


def _hash(user: User, password: str | None) -> str | None:
    """Slow on purpose, and therefore done before anything is locked."""
    if password is None:
        return None
    check_password(password, user)
    return make_password(password)


def _rename(work: _Work) -> None:
    """The own namespace follows when the person is saved, and may refuse the name."""
    old, new = work.person.username, work.changes.username
    if new is None or new == old:
        return
    names.check_namespace_name(new)
    if Namespace.objects.filter(name=new).exists() or has_powers(new):
        raise AlreadyExists(_NAME_TAKEN)
    work.person.username = new
    work.record("user_change_name", username=new, old_username=old)


def _change_email(work: _Work) -> None:
    old, new = work.person.email, work.changes.email
    if new is None or new == old:
        return
    if is_email_taken(new, but=work.person):
        raise AlreadyExists(_EMAIL_TAKEN)
    work.person.email = new
    work.record("user_change_email", email=new, old_email=old)


def _change_password(work: _Work) -> None:
    """Sessions and refresh tokens end by themselves: they carry the old hash."""
    if work.password_hash is not None:
        work.person.password = work.password_hash
        work.record("account_change_password")


def _change_metadata(work: _Work) -> None:
    if work.changes.metadata:
        for name, value in work.changes.metadata.items():
            setattr(work.person, name, value)
        work.record("user_change_metadata", changed=sorted(work.changes.metadata))


def _change_invoicing(work: _Work) -> None:
    wanted = {
        "invoice_email": work.changes.invoice_email,
        "invoice_email_address": work.changes.invoice_email_address,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    if given:
        Namespace.objects.filter(owner=work.person).update(**given)
        work.record("user_change_invoicing", **given)


def _change_tag_expiration(work: _Work) -> None:
    seconds = work.changes.tag_expiration_s
    if seconds is not None:
        Namespace.objects.filter(owner=work.person).update(tag_expiration_s=seconds)
        work.record("user_change_tag_expiration", tag_expiration=seconds)


def _set_enabled(work: _Work) -> None:
    """A disabled person's robots stop as well: their owner is not active."""
    enabled = work.changes.enabled
    if enabled is not None and enabled != work.person.is_active:
        work.person.is_active = enabled
        work.record("user_enable" if enabled else "user_disable")


def _set_superuser(work: _Work) -> None:
    superuser = work.changes.superuser
    if superuser is not None and superuser != work.person.is_superuser:
        work.person.is_superuser = superuser
        work.record("user_change_superuser", superuser=superuser)


def _set_staff(work: _Work) -> None:
    staff = work.changes.staff
    if staff is not None and staff != work.person.is_staff:
        work.person.is_staff = staff
        work.record("user_change_staff", staff=staff)


_STEPS = (
    _rename,
    _change_email,
    _change_password,
    _change_metadata,
    _change_invoicing,
    _change_tag_expiration,
    _set_enabled,
    _set_superuser,
    _set_staff,
)
