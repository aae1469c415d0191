"""Namespaces: an organization, or a person's own."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from robots import names
from robots.errors import NameInvalid
from robots.models.rules import matches_name

DEFAULT_TAG_EXPIRATION = 1_209_600
"""Seconds: two weeks, as in Quay."""


class NamespaceKind(models.TextChoices):
    ORGANIZATION = "organization", "Organization"
    PERSONAL = "personal", "Personal namespace"


class Namespace(models.Model):
    """What robots, repositories and teams live in; its owner is set if personal."""

    name = models.CharField(max_length=255, unique=True)
    kind = models.CharField(
        max_length=16,
        choices=NamespaceKind.choices,
        default=NamespaceKind.ORGANIZATION,
    )
    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="personal_namespace",
        help_text="The person whose own namespace this is; empty for an organization.",
    )
    enabled = models.BooleanField(
        default=True,
        help_text="While off, nobody pulls, pushes or logs in here.",
    )
    email = models.EmailField(
        blank=True, help_text="An organization's own address; people have theirs."
    )
    invoice_email = models.BooleanField(default=False)
    invoice_email_address = models.EmailField(blank=True)
    tag_expiration_s = models.PositiveIntegerField(
        "tag expiration",
        default=DEFAULT_TAG_EXPIRATION,
        help_text="Seconds that clients may show; nothing here deletes tags.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            matches_name("name", "robots_namespace_name_valid"),
            models.CheckConstraint(
                name="robots_namespace_kind_has_owner",
                condition=Q(kind=NamespaceKind.ORGANIZATION, owner__isnull=True)
                | Q(kind=NamespaceKind.PERSONAL, owner__isnull=False),
                violation_error_message=(
                    "A personal namespace has an owner, an organization has none."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_organization(self) -> bool:
        return self.kind == NamespaceKind.ORGANIZATION

    def clean(self) -> None:
        try:
            names.check_namespace_name(self.name)
        except NameInvalid as error:
            raise ValidationError({"name": error.message}) from None
