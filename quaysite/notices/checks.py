"""System checks of the settings for notices."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from quaysite.notices import conf
from quaysite.signed_posts import MIN_SECRET, url_issue


@register()
def check_webhook(**kwargs: Any) -> list[CheckMessage]:
    """Notices go over an encrypted wire, and are signed."""
    if not conf.webhook_url():
        return []
    found: list[CheckMessage] = []
    if issue := url_issue(conf.webhook_url()):
        found.append(Error(f"EXPIRY_WEBHOOK_URL: {issue}.", id="quaysite.E006"))
    secrets = conf.webhook_secrets()
    if not secrets or any(len(secret) < MIN_SECRET for secret in secrets):
        found.append(
            Error(
                "EXPIRY_WEBHOOK_URL needs EXPIRY_WEBHOOK_SECRET: one or more secrets"
                f" of {MIN_SECRET} characters or more.",
                hint="Make one with: openssl rand -hex 32",
                id="quaysite.E007",
            )
        )
    return found
