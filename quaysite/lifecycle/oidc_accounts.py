"""Accounts at the provider are connected to people, and taken off them again."""

from django.db import IntegrityError, transaction

from quaysite.lifecycle.people import locked, own_namespace
from quaysite.models import OidcAccount, User
from quaysite.models.oidc import MAX_ISSUER, MAX_SUBJECT
from quaysite.oidc import conf
from registryauth.conf import accepts_passwords
from robots import audit
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, NotFound
from robots.text import is_storable

_TAKEN = "This account is connected to a person already."
_ONLY_WAY = "This is the only way to sign in: {} first."


def link_account(user: User, issuer: str, subject: str, by: Performer) -> OidcAccount:
    """Let this account at the provider sign in as `user`.

    Raises AlreadyExists if it does so for anybody, NotFound if the person is gone,
    DomainError for what no issuer or subject can be.
    """
    _check(issuer, MAX_ISSUER, "An issuer")
    _check(subject, MAX_SUBJECT, "A subject")
    try:
        with transaction.atomic():
            person = locked(user)
            account = OidcAccount.objects.create(
                user=person, issuer=issuer, subject=subject
            )
            _record("user_link_account", account, by)
    except IntegrityError:
        raise AlreadyExists(_TAKEN) from None
    return account


def unlink_account(account: OidcAccount, by: Performer) -> None:
    """The account signs nobody in any more. Raises NotFound if it does not anyway.

    What it began ends: its sessions by themselves (`quaysite.oidc.sessions`), and
    everything that rests on the password's hash where the person has no password.
    """
    with transaction.atomic():
        person = locked(account.user)
        found = OidcAccount.objects.select_for_update().filter(pk=account.pk).first()
        if found is None:
            raise NotFound("This account is connected to nobody.")
        _record("user_unlink_account", found, by)
        found.delete()
        if not person.has_usable_password():
            _set_none(person)


def unlink_own_account(account: OidcAccount, by: Performer) -> User:
    """As `unlink_account`, for the person themselves, who is answered as stored.

    Raises DomainError if it is the last way in, as nobody locks themselves out.
    """
    with transaction.atomic():
        person = locked(account.user)
        if not _has_other_way(person, account):
            way = "set a password" if accepts_passwords() else "connect another"
            raise DomainError(_ONLY_WAY.format(way))
        unlink_account(account, by)
        return locked(person)


def forget_password(user: User, by: Performer) -> None:
    """Nobody signs in as `user` with a password; ends all that began with it.

    Raises NotFound if the person is gone.
    """
    with transaction.atomic():
        person = locked(user)
        _set_none(person)
        own = own_namespace(person)
        facts = {"username": person.username, "usable": False}
        audit.record("account_change_password", by, own, **facts)


def _set_none(person: User) -> None:
    """A new hash that no password has: sessions and refresh tokens carry the old."""
    person.set_unusable_password()
    person.save(update_fields=["password"])


def _has_other_way(person: User, account: OidcAccount) -> bool:
    """A password, or an account at the present provider, that is let in."""
    if accepts_passwords() and person.has_usable_password():
        return True
    others = OidcAccount.objects.filter(user=person).exclude(pk=account.pk)
    return conf.is_configured() and others.filter(issuer=conf.issuer()).exists()


def _check(text: str, most: int, what: str) -> None:
    if not 0 < len(text) <= most or not is_storable(text):
        raise DomainError(f"{what} has 1 to {most} characters.")


def _record(kind: str, account: OidcAccount, by: Performer) -> None:
    audit.record(
        kind,
        by,
        own_namespace(account.user),
        username=account.user.username,
        issuer=account.issuer,
        subject=account.subject,
    )
