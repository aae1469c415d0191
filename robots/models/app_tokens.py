"""App-specific tokens: secrets of a person, kept as the tokens of robots are."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from robots.models.rules import key_id_field, matches_key_id


class AppToken(models.Model):
    """A password for one program: its owner in full, under the user name `$app`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="app_tokens"
    )
    title = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    sealed = models.BinaryField(null=True, editable=False)
    key_id = key_id_field()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["user_id", "-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            matches_key_id("robots_apptoken_key_id_valid"),
        ]

    def __str__(self) -> str:
        return f"{self.title} of {self.user}"
