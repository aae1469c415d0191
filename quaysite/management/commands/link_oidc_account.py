"""Connect an account at the OpenID provider to a person, or take it off them."""

from typing import Any

from django.core.management.base import CommandParser

from quaysite.lifecycle.oidc_accounts import link_account, unlink_account
from quaysite.models import OidcAccount, User
from quaysite.oidc import conf
from robots.errors import DomainError, NotFound
from robots.lookup import user_named
from robots.management.command import Deed, Outcome


class Command(Deed):
    help = """\
Let an account at the OpenID provider sign in as a person that there is.

An account is known by its subject: `sub` of the tokens it gets, in Keycloak the ID of
the user. A refused sign-in of an account that nobody has is in the audit log."""
    examples = (
        "manage.py link_oidc_account alice 1f6f7c62-1ab5-4f5f-9e0f-6d1f3e6a2b11",
        "manage.py link_oidc_account alice 248289761001 --issuer https://id.example.com",
        "manage.py link_oidc_account alice 248289761001 --remove",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("user", metavar="USER", help="Whom it signs in.")
        parser.add_argument("subject", metavar="SUBJECT", help="Which account it is.")
        parser.add_argument("--issuer", help="The provider; OIDC_ISSUER by default.")
        parser.add_argument(
            "--remove", action="store_true", help="Disconnect it instead."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        user = user_named(options["user"])
        if not isinstance(user, User):
            raise NotFound(f"There is no user {options['user']}")
        issuer = options["issuer"] or conf.issuer()
        if not issuer:
            raise DomainError("--issuer: OIDC_ISSUER is not set, so say which provider")
        subject, facts = options["subject"], {"user": str(user), "issuer": issuer}
        if options["remove"]:
            self._remove(user, issuer, subject)
            return Outcome(
                f"{subject} at {issuer} signs in as {user} no more.",
                {**facts, "subject": subject, "connected": False},
            )
        link_account(user, issuer, subject, self.by)
        return Outcome(
            f"{subject} at {issuer} signs in as {user} from now on.",
            {**facts, "subject": subject, "connected": True},
        )

    def _remove(self, user: User, issuer: str, subject: str) -> None:
        account = OidcAccount.objects.filter(
            user=user, issuer=issuer, subject=subject
        ).first()
        if account is None:
            raise NotFound(f"No such account is connected to {user}")
        unlink_account(account, self.by)
