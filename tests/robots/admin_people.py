"""Who signs in to the admin site in its tests, and what each of them did there."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client

from quaysite.models import User
from robots.models import AuditEvent
from tests import factories


def signed_in(user: User) -> Client:
    """A browser in which `user` signed in just now."""
    client = Client()
    client.force_login(user)
    return client


def staff(name: str, *may: tuple[str, type[Model]]) -> User:
    """A member of staff with Django's permissions to `verb` rows of `model`."""
    user = factories.user(name, is_staff=True)
    for verb, model in may:
        names = model._meta
        codename = f"{verb}_{names.model_name}"
        user.user_permissions.add(
            Permission.objects.get(
                codename=codename, content_type__app_label=names.app_label
            )
        )
    return user


def events_by(user: User) -> list[tuple[str, dict[str, Any]]]:
    """Kind and facts of what a person changed, oldest first."""
    events = AuditEvent.objects.filter(performer_user=user.pk).order_by("id")
    return [(event.kind, event.facts) for event in events]
