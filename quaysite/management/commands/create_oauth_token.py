"""Make an API token for a person and show it, once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from quaysite.lifecycle.oauth_tokens import MAX_LIFETIME, create_api_token
from quaysite.models import Application, User
from robots import oauth_scopes
from robots.errors import DomainError, NotFound
from robots.lookup import user_named
from robots.management.command import Deed, Outcome
from robots.oauth_scopes import OAuthScope

APPLICATION = "manage.py"
"""The application that tokens from the command line belong to."""

_DAY = timedelta(days=1)


class Command(Deed):
    help = f"""\
Make an OAuth token with which programs call the API as a person, and print it.
Keep it: it is not shown again.

A token does what the person may do, and no more than its scopes:
  {" ".join(OAuthScope)}
Its person sees and ends it at /api/v1/user/authorizations, staff in the admin."""
    examples = (
        'manage.py create_oauth_token alice --scope "org:admin repo:admin"',
        "manage.py create_oauth_token alice --scope repo:read --days 30",
        "manage.py create_oauth_token alice --scope user:admin --json | jq -r .token",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("user", metavar="USER", help="Whom the token acts for.")
        parser.add_argument(
            "--scope", required=True, help="Scopes, separated by spaces or commas."
        )
        parser.add_argument(
            "--days",
            type=int,
            default=365,
            help=f"How long it lasts, 1 to {MAX_LIFETIME // _DAY}; 365 by default.",
        )
        parser.add_argument(
            "--name", default="command line", help="What it is for, to tell it by."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        user = user_named(options["user"])
        if not isinstance(user, User):
            raise NotFound(f"There is no user {options['user']}")
        scopes = oauth_scopes.parse(options["scope"])
        if not scopes:
            known = ", ".join(OAuthScope)
            raise DomainError(f"--scope: {options['scope']!r} is not made of {known}")
        if not 1 <= options["days"] <= MAX_LIFETIME // _DAY:
            raise DomainError(f"--days: from 1 to {MAX_LIFETIME // _DAY}")
        if not 1 <= len(options["name"]) <= 255:
            raise DomainError("--name: from 1 to 255 characters")
        lifetime = options["days"] * _DAY
        token, secret = create_api_token(
            user, _application(), scopes, lifetime, self.by, name=options["name"]
        )
        return Outcome(
            f"Created a token of {user} for {token.scope}, good until"
            f" {token.expires:%Y-%m-%d}.\n"
            "Keep it now; it is not shown again.\n"
            f"Token: {secret.reveal()}",
            {
                "user": str(user),
                "scope": token.scope,
                "expires": token.expires.isoformat(),
                "token": secret.reveal(),
            },
        )


def _application() -> Application:
    application: Application
    application, _ = Application.objects.get_or_create(
        name=APPLICATION,
        organization=None,
        defaults={
            "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            "redirect_uris": "",
        },
    )
    return application
