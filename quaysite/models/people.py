"""People: the custom user, from the first migration on."""

from contextlib import suppress
from typing import Any, ClassVar

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    MinLengthValidator,
    RegexValidator,
)
from django.db import models, transaction
from django.db.models.functions import Lower

from robots.models import Namespace
from robots.names import MAX_LENGTH, MIN_LENGTH, SIMPLE_NAME, simple_name_issue
from robots.password_hashing import HashingBusy


class User(AbstractUser):
    """A person. The user name is also the name of the person's own namespace."""

    username = models.CharField(
        max_length=MAX_LENGTH,
        unique=True,
        validators=[
            MinLengthValidator(MIN_LENGTH),
            MaxLengthValidator(MAX_LENGTH),
            RegexValidator(
                rf"\A{SIMPLE_NAME}\Z",
                "Use lowercase letters and digits; one of . _ - may stand between.",
            ),
        ],
        error_messages={"unique": "A user with that user name already exists."},
        help_text="2 to 255 lowercase letters, digits and . _ - between them.",
    )

    company = models.CharField(max_length=255, blank=True)
    location = models.CharField(max_length=255, blank=True)

    class Meta(AbstractUser.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                Lower("email"),
                name="quaysite_user_email_unique",
                condition=~models.Q(email=""),
                violation_error_message="Another user has this e-mail address.",
            ),
            models.CheckConstraint(
                name="quaysite_user_username_valid",
                condition=models.Q(username__regex=rf"\A(?=..){SIMPLE_NAME}\Z"),
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, together with the person's own namespace or not at all."""
        with transaction.atomic():
            super().save(*args, **kwargs)

    def check_password(self, raw_password: str | None) -> bool:
        """As Django's; an old hash stays where there is no time for a new one.

        The password was right by then, and another sign-in comes.
        """

        def renew(password: str) -> None:
            with suppress(HashingBusy):
                self._replace_hash(make_password(password))

        return check_password(raw_password, self.password, renew)

    def _replace_hash(self, new: str) -> None:
        """Keep `new` for the password that was checked, unless there is another by now:
        a hash takes its time, and whoever changed the password meanwhile meant it.
        """
        unchanged = type(self).objects.filter(pk=self.pk, password=self.password)
        if unchanged.update(password=new):
            self.password = new

    def clean(self) -> None:
        """People and organizations share one space of names."""
        super().clean()
        if simple_name_issue(self.username or "", "Namespace"):
            return  # The field's own validators say so.
        taken = Namespace.objects.filter(name=self.username)
        if self.pk is not None:
            taken = taken.exclude(owner_id=self.pk)
        if taken.exists():
            raise ValidationError(
                {"username": "A user or organization with this name already exists."}
            )
