"""A person's password to an Identity: Argon2, and the same cost for nobody."""

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password, make_password
from django.utils.crypto import constant_time_compare

from registryauth import client_key, conf
from registryauth.errors import Cause, Unauthorized, WrongSecret
from robots.credentials import Secret
from robots.failed_logins import failed_logins
from robots.identity import Identity
from robots.login_attempt import Attempt, Shown
from robots.origin import Origin
from robots.password_hashing import turns
from robots.people import identity_of_person
from robots.text import is_storable

MAX_PASSWORD_LENGTH = 4096
"""Characters; a longer one is refused before it is hashed."""

MAX_USERNAME_LENGTH = 320
"""Characters; the longest e-mail address (RFC 3696, erratum 1690)."""

NO_PASSWORDS = "Passwords are not accepted here. Use an app-specific token."
_WRONG = "Invalid Username or Password"
_OFF = "OIDC_PASSWORD_SIGN_IN is off"
DISABLED = "This user has been disabled. Please contact your administrator."


def authenticate_person(username: str, password: Secret, origin: Origin) -> Identity:
    """The person with this user name, or e-mail address, and password.

    Raises Unauthorized; an unknown person costs one hash, as a wrong password does.
    Raises AskAgainLater where there is no time for it, where too many come from
    `origin`, and where too many were wrong (`robots.failed_logins`).
    """
    if not conf.accepts_passwords():
        raise Unauthorized(NO_PASSWORDS, _OFF, Cause.NOT_ACCEPTED)
    attempt = Attempt(Shown.PASSWORD, username, origin.address)
    failed_logins.check(attempt)
    try:
        return person_with(username, password, origin)
    except WrongSecret:
        failed_logins.note(attempt)
        raise


def person_with(username: str, password: Secret, origin: Origin) -> Identity:
    """As `authenticate_person`, for who counts failed logins (`robots.failed_logins`).

    Raises Unauthorized, HashingBusy.
    """
    if not conf.accepts_passwords():
        raise Unauthorized(NO_PASSWORDS, _OFF, Cause.NOT_ACCEPTED)
    return _identity(_owner(username, password.reveal(), origin))


def _owner(username: str, password: str, origin: Origin) -> AbstractBaseUser:
    """The person whose password it is. Raises WrongSecret, HashingBusy."""
    if not can_be_person(username) or len(password) > MAX_PASSWORD_LENGTH:
        raise WrongSecret(_WRONG, reason="no such user name or password can exist")
    user = find_person(username)
    with turns.place(origin.address):
        return _checked(user, password)


def _checked(user: AbstractBaseUser | None, password: str) -> AbstractBaseUser:
    """The person whose password it is. Raises WrongSecret, after one hash."""
    if user is None:
        make_password(password)
        raise WrongSecret(_WRONG, reason="unknown user")
    if not check_password(password, user.password):
        raise WrongSecret(_WRONG, reason="wrong password")
    return user


def authenticate_client(username: str, password: Secret, origin: Origin) -> Identity:
    """As `authenticate_person`, for a registry's client: a client key will do as well.

    Raises Unauthorized, and AskAgainLater as that does; a right key never waits. What
    only looks like a key is tried as a password. A password earned it:
    where none is accepted, neither is the key.
    """
    key = client_key.read(password) if conf.accepts_passwords() else None
    if key is None or not can_be_person(username):
        return authenticate_person(username, password, origin)
    user = find_person(username)
    if user is None or user.pk != key.user_id:
        return authenticate_person(username, password, origin)
    if not _has_fingerprint(user, key.fingerprint):
        return authenticate_person(username, password, origin)
    return _identity(user)


def reauthenticate_person(user_id: int, session_hash: str) -> Identity:
    """The person a refresh token was made for, if the password is still the same.

    Raises Unauthorized, and always where no password is accepted.
    """
    if not conf.accepts_passwords():
        raise Unauthorized("Invalid refresh token", _OFF, Cause.NOT_ACCEPTED)
    user = get_user_model()._default_manager.filter(pk=user_id).first()
    if user is None or not _has_fingerprint(user, session_hash):
        reason = "the password was changed"
        raise Unauthorized("Invalid refresh token", reason, Cause.REVOKED)
    return _identity(user)


def session_fingerprint(user: AbstractBaseUser) -> str:
    """A keyed digest of the password's hash: changes when the password does."""
    return user.get_session_auth_hash()


def _has_fingerprint(user: AbstractBaseUser, session_hash: str) -> bool:
    """Whether it is the person's, under SECRET_KEY or one of its fallbacks."""
    accepted = [session_fingerprint(user), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(one, session_hash) for one in accepted)


def fingerprint_of(user_id: int) -> str:
    """The `session_fingerprint` of the person with this primary key. One query."""
    return session_fingerprint(get_user_model()._default_manager.get(pk=user_id))


def can_be_person(username: str) -> bool:
    """Whether any person can have it; SQLite fails on what is much longer."""
    return len(username) <= MAX_USERNAME_LENGTH and is_storable(username)


def find_person(username: str) -> AbstractBaseUser | None:
    """Whoever signs in with this user name, or e-mail address if one alone has it."""
    users = get_user_model()
    if "@" not in username:
        return users._default_manager.filter(**{users.USERNAME_FIELD: username}).first()
    field = users.get_email_field_name()
    # More than one: nobody can tell whose password this should be.
    found = users._default_manager.filter(**{f"{field}__iexact": username})[:2]
    return found[0] if len(found) == 1 else None


def _identity(user: AbstractBaseUser) -> Identity:
    if not user.is_active:
        raise Unauthorized(DISABLED, cause=Cause.DISABLED)
    return identity_of_person(user)
