"""A person's own namespace follows the person: created, and renamed, with them."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from robots.models import Namespace, NamespaceKind
from robots.names import simple_name_issue


def keep_personal_namespace(
    sender: type[AbstractBaseUser], instance: AbstractBaseUser, raw: bool, **_: Any
) -> None:
    """Receiver of the user's post_save.

    A user name that cannot name a namespace (an e-mail address, in some other
    project) gives its person no namespace. A name that is taken raises
    IntegrityError: people and organizations share one space of names.
    """
    name = instance.get_username()
    if raw or simple_name_issue(name, "Namespace"):
        return
    namespace, created = Namespace.objects.get_or_create(
        owner_id=instance.pk, defaults={"name": name, "kind": NamespaceKind.PERSONAL}
    )
    if not created and namespace.name != name:
        namespace.name = name
        namespace.save(update_fields=["name"])
