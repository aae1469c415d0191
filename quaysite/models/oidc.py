"""Which account at an OpenID provider is which person."""

from typing import ClassVar

from django.conf import settings
from django.db import models

MAX_ISSUER = 255
"""Characters of `iss`."""

MAX_SUBJECT = 255
"""Characters of `sub` (OpenID Connect Core 1.0, section 2)."""


class OidcAccount(models.Model):
    """An account at a provider, known by issuer and subject and by nothing else.

    An e-mail address or a user name says nothing: either may pass to somebody else.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="oidc_accounts"
    )
    issuer = models.CharField(
        max_length=MAX_ISSUER,
        help_text="The provider, byte for byte as <code>iss</code> of its tokens.",
    )
    subject = models.CharField(
        max_length=MAX_SUBJECT,
        help_text="The account's identifier there: <code>sub</code> of its tokens.",
    )
    created_at = models.DateTimeField("connected", auto_now_add=True)
    last_used_at = models.DateTimeField(
        "last sign-in", null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = "sign-in account"
        ordering: ClassVar[list[str]] = ["user_id", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["issuer", "subject"],
                name="quaysite_oidcaccount_unique",
                violation_error_message="This account is connected to a person.",
            ),
            models.CheckConstraint(
                name="quaysite_oidcaccount_named",
                condition=~models.Q(issuer="") & ~models.Q(subject=""),
                violation_error_message="An account has an issuer and a subject.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
