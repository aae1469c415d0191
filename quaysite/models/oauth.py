"""OAuth applications of organizations, and the tokens that act for people.

django-oauth-toolkit's models, with what Quay's API shows besides. Tokens are
kept as checksums only (RFC 9700): see OAUTH2_PROVIDER in the settings.
"""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from robots.models import Namespace
from robots.models.rules import key_id_field, matches_key_id


class Application(AbstractApplication):
    """A program that asks people for tokens; it belongs to an organization.

    `client_secret` is a hash; `sealed_secret` is what its organization's
    administrators may read again.
    """

    organization = models.ForeignKey(
        Namespace,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="applications",
    )
    description = models.TextField(blank=True)
    application_uri = models.CharField(max_length=2048, blank=True)
    avatar_email = models.CharField(max_length=255, blank=True)
    sealed_secret = models.BinaryField(null=True, editable=False)
    key_id = key_id_field()

    class Meta(AbstractApplication.Meta):
        ordering: ClassVar[list[str]] = ["organization_id", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            matches_key_id("quaysite_application_key_id_valid"),
        ]

    def __str__(self) -> str:
        return str(self.name or self.client_id)

    def is_usable(self, request: Any) -> bool:
        """Whether people may be asked for tokens: not after its organization's end."""
        return self.organization is not None and self.organization.enabled

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Byte for byte one of those registered, a loopback port included."""
        return uri in self.redirect_uris.split()


class Grant(AbstractGrant):
    """An authorization code, as its digest, until it is exchanged."""


class IDToken(AbstractIDToken):
    """Not used; django-oauth-toolkit's tokens refer to one."""


class RefreshToken(AbstractRefreshToken):
    """What renews an access token."""


class AccessToken(AbstractAccessToken):
    """A bearer token of the API: its person, cut down to its scopes."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=255, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(AbstractAccessToken.Meta):
        ordering: ClassVar[list[str]] = ["application_id", "id"]


class Assignment(models.Model):
    """A token that an administrator offers a person, who has yet to pick it up."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="assignments"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    redirect_uri = models.CharField(max_length=2048)
    response_type = models.CharField(max_length=32)
    scope = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["user_id", "id"]

    def __str__(self) -> str:
        return f"{self.application} for {self.user}"
