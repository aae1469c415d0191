"""A person's own namespace follows the person: created, and renamed, with them."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from robots.lifecycle.renames import give_name
from robots.models import Namespace, NamespaceKind
from robots.names import simple_name_issue


def keep_personal_namespace(
    sender: type[AbstractBaseUser],
    instance: AbstractBaseUser,
    raw: bool,
    update_fields: Collection[str] | None = None,
    **_: Any,
) -> None:
    """Receiver of the user's post_save.

    A user name that cannot name a namespace (an e-mail address, in some other
    project) gives its person no namespace. A name that is taken raises
    IntegrityError: people and organizations share one space of names. One with which
    a robot's full name became too long raises DomainError. A save that leaves the name
    out may come from a row that was read before a rename.
    """
    name = instance.get_username()
    if (
        update_fields is not None
        and get_user_model().USERNAME_FIELD not in update_fields
    ):
        return
    if raw or simple_name_issue(name, "Namespace"):
        return
    namespace, created = Namespace.objects.get_or_create(
        owner_id=instance.pk, defaults={"name": name, "kind": NamespaceKind.PERSONAL}
    )
    if not created and namespace.name != name:
        with transaction.atomic():
            give_name(namespace, name)
