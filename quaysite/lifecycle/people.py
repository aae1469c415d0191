"""People come and go: sign-up, the first one of a new site, deletion."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import RestrictedError

from quaysite.lifecycle.oauth_tokens import new_token
from quaysite.lifecycle.passwords import check_password
from quaysite.models import Application, User
from robots import audit, conf, names
from robots.audit import Performer
from robots.credentials import Secret
from robots.errors import AlreadyExists, DomainError, InUse, NotFound
from robots.lifecycle.organizations import lock_robots
from robots.models import Namespace
from robots.oauth_scopes import OAuthScope

MAX_EMAIL = 254
"""Characters of an e-mail address."""

BOOTSTRAP_APPLICATION = "__quay_bootstrap_app"
"""Name of the application that the first person's token belongs to."""

BOOTSTRAP_LIFETIME = timedelta(hours=2, minutes=30)
"""How long the first person's token lasts, as in Quay's manual."""

_EXISTS = "The username already exists"


def create_person(
    username: str, password: str | None, by: Performer, *, email: str = ""
) -> User:
    """Create a person with a namespace of the same name.

    Without a password they sign in elsewhere. Raises AlreadyExists for a name or
    e-mail address that is taken, DomainError for a password, NameInvalid for a name
    that cannot be had.
    """
    person = User(username=username, email=email)
    _check_new(person, password)
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save()
            own = own_namespace(person)
            audit.record("user_create", by, own, username=username, email=email)
    except IntegrityError:
        _check_free(person)
        raise AlreadyExists(_EXISTS) from None
    return person


class FirstPerson(NamedTuple):
    """Whoever initialized the site, and a token to go on with if one was asked for."""

    person: User
    token: Secret | None


def create_first_person(
    username: str,
    password: str,
    by: Performer,
    *,
    email: str = "",
    with_token: bool = False,
) -> FirstPerson:
    """Create a person on a site that has none, as `create_person` does.

    Site administrator is who is named in SUPER_USERS, nobody else: not even the
    first one. Raises DomainError where there is somebody already.
    """
    with transaction.atomic():
        _wait_for_turn()
        if User.objects.exists():
            raise DomainError("Cannot initialize user in a non-empty database")
        person = create_person(username, password, by, email=email)
        token = _bootstrap_token(person) if with_token else None
    return FirstPerson(person, token)


def delete_person(
    user: User, by: Performer, check: Callable[[User], None] = lambda person: None
) -> None:
    """Delete a person with the own namespace, its robots and its repositories.

    `check` may refuse by raising, and sees the row as it is deleted. Raises NotFound
    if the person is gone, InUse while something outside depends on the namespace.
    """
    try:
        with transaction.atomic():
            person = locked(user)
            check(person)
            own = Namespace.objects.select_for_update().filter(owner=person).first()
            audit.record("user_delete", by, own, username=person.username)
            if own is not None:
                lock_robots(own)
            person.delete()
    except (RestrictedError, IntegrityError):
        raise InUse(f"{user.username} is being used; try again") from None


def locked(user: User) -> User:
    """The stored person, until the transaction ends; NotFound if there is none."""
    person = User.objects.select_for_update().filter(pk=user.pk).first()
    if person is None:
        raise NotFound(f"There is no user {user.username}")
    return person


def has_powers(username: str) -> bool:
    """Whether the settings give whoever has this name power over the site."""
    return is_powerful(User(username=username))


def is_powerful(person: User) -> bool:
    """Whether a person administers or audits the site."""
    return conf.is_site_admin(person) or conf.is_site_auditor(person)


def own_namespace(person: User) -> Namespace | None:
    """The namespace that is the person's own; fixtures may have made none."""
    return Namespace.objects.filter(owner=person).first()


def is_email_taken(email: str, but: User | None = None) -> bool:
    """Whether somebody else has this address, in whatever case."""
    others = User.objects.exclude(pk=but.pk) if but else User.objects.all()
    return bool(email) and others.filter(email__iexact=email).exists()


def _check_new(person: User, password: str | None) -> None:
    """In Quay's order: the name, the password, what can be a name, what is free."""
    if User.objects.filter(username=person.username).exists():
        raise AlreadyExists(_EXISTS)
    if password is not None:
        check_password(password, person)
    names.check_namespace_name(person.username)
    _check_free(person)


def _check_free(person: User) -> None:
    name = person.username
    if User.objects.filter(username=name).exists():
        raise AlreadyExists(_EXISTS)
    if Namespace.objects.filter(name=name).exists():
        raise AlreadyExists(
            "Username has already been taken by an organization and cannot be"
            f" reused: {name}"
        )
    if is_email_taken(person.email):
        raise AlreadyExists(f"Email has already been used: {person.email}")


def _wait_for_turn() -> None:
    """Let one transaction at a time past this point.

    It locks a row that every migrated database has; SQLite has one writer anyway.
    """
    list(
        ContentType.objects.select_for_update().filter(
            app_label=User._meta.app_label, model=User._meta.model_name
        )
    )


def _bootstrap_token(person: User) -> Secret:
    application = Application.objects.create(
        name=BOOTSTRAP_APPLICATION,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_IMPLICIT,
    )
    _, secret = new_token(
        person, application, frozenset(OAuthScope), BOOTSTRAP_LIFETIME
    )
    return secret
