"""Which person of this site somebody is whom the provider vouches for.

Known by issuer and subject alone. Whoever is not known becomes a new person, or is
refused: nobody gets an account that there is, whatever name or address they have.
"""

from django.db import transaction
from django.utils import timezone

from quaysite.lifecycle.logins import record_login
from quaysite.lifecycle.oidc_accounts import link_account
from quaysite.lifecycle.people import create_person, is_email_taken
from quaysite.models import OidcAccount, User
from quaysite.oidc import conf
from quaysite.oidc.attempts import Attempt
from quaysite.oidc.claims import Claims
from quaysite.oidc.errors import OidcRefused
from quaysite.oidc.memberships import synchronize
from quaysite.oidc.reserved import is_reserved
from quaysite.oidc.usernames import username_for
from robots import audit
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError
from robots.identity import Method
from robots.models import Namespace
from robots.origin import Origin
from robots.people import identity_of_person

LEEWAY = 30.0
"""Seconds by which the provider's clock may be behind ours."""

_ASK = (
    "If it is yours, sign in with its password and connect {name} under “Ways to sign"
    " in”, or ask an administrator to connect it."
)

_MEANWHILE = "Something changed here while you were signing in. Try again."


class PersonRefused(OidcRefused):
    """As OidcRefused, where it is known who it was."""

    def __init__(self, message: str, user: User, *, check: str) -> None:
        super().__init__(message, check=check)
        self.user = user


def known(claims: Claims) -> OidcAccount | None:
    """The account, with the person whom it signs in."""
    accounts = OidcAccount.objects.select_related("user")
    return accounts.filter(issuer=claims.issuer, subject=claims.subject).first()


def sign_in(claims: Claims, origin: Origin, user_agent: str) -> OidcAccount:
    """The account and whom to sign in: found or made, in their teams.

    Raises OidcRefused.
    """
    by = Performer(audit.SYSTEM, conf.name(), origin=origin)
    try:
        with transaction.atomic():
            account = known(claims) or _new_person(claims, by)
            check_active(account.user)
            account.user = synchronize(account.user, claims, by)
            _note_use(claims)
            identity = identity_of_person(account.user, Method.SESSION)
            caller = Performer.caller(identity, origin)
            facts = {"type": "oidc", "issuer": claims.issuer}
            record_login(account.user, caller, user_agent, **facts)
    except DomainError as error:
        # What the groups lead to, or the person, has gone meanwhile.
        raise OidcRefused(_MEANWHILE, check="groups", reason=error.message) from None
    return account


def confirm(claims: Claims, user: User, attempt: Attempt) -> None:
    """Raise OidcRefused unless `user` has proved to the provider just now who it is.

    That the provider was asked to is no proof: whoever has the browser can change
    the question on its way.
    """
    account = known(claims)
    if account is None or account.user != user:
        raise PersonRefused(
            f"That was another account of {conf.name()}: use the one that is"
            " connected to you.",
            user,
            check="account",
        )
    check_active(user)
    if claims.auth_time is None or claims.auth_time < attempt.begun_at - LEEWAY:
        raise PersonRefused(
            f"{conf.name()} did not say that you signed in there just now"
            " (auth_time), so this does not count as a fresh sign-in.",
            user,
            check="auth_time",
        )
    _note_use(claims)


def connect(claims: Claims, user: User, by: Performer) -> None:
    """Let the account sign in as `user` from now on. Raises OidcRefused."""
    check_active(user)
    try:
        link_account(user, claims.issuer, claims.subject, by)
    except DomainError as error:
        raise PersonRefused(error.message, user, check="account") from None


def check_active(user: User) -> None:
    """Raise OidcRefused for somebody who was deactivated."""
    if not user.is_active:
        raise PersonRefused(
            "Your account here is disabled. Please contact your administrator.",
            user,
            check="disabled",
        )


def _new_person(claims: Claims, by: Performer) -> OidcAccount:
    """Without a password, and with an address only if it is known to be theirs."""
    if not conf.creates_users():
        raise OidcRefused(
            "No account here is connected to yours. Ask an administrator to connect"
            f" it: your identifier is {claims.subject}.",
            check="unknown",
        )
    username = username_for(claims)
    _check_free(username, claims)
    email = claims.email if claims.email_verified else ""
    try:
        user = create_person(username, None, by, email=email)
        account = link_account(user, claims.issuer, claims.subject, by)
    except AlreadyExists:
        # Two sign-ins at once: the other one was faster.
        raise OidcRefused("Somebody was faster. Try again.", check="taken") from None
    except DomainError as error:
        raise OidcRefused(error.message, check="account") from None
    return account


def _check_free(username: str, claims: Claims) -> None:
    ask = _ASK.format(name=conf.name())
    if is_email_taken(claims.email):
        raise OidcRefused(
            f"There is an account here with the e-mail address {claims.email} that is"
            f" not connected to {conf.name()}. {ask}",
            check="email",
        )
    if is_reserved(username) or Namespace.objects.filter(name=username).exists():
        raise OidcRefused(
            f"The user name {username} is taken or reserved here, for an account that"
            f" is not connected to {conf.name()} or for an organization. {ask}",
            check="username",
        )


def _note_use(claims: Claims) -> None:
    rows = OidcAccount.objects.filter(issuer=claims.issuer, subject=claims.subject)
    rows.update(last_used_at=timezone.now())
