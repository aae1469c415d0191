"""How far a person reaches on the admin site: everything, some namespaces, or none.

Staff see the whole site, and change what Django's permissions let them. Everybody
else sees the namespaces that they are in, and changes those that they administer,
exactly as over the API (`robots.standing`).
"""

from functools import cached_property

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.http import HttpRequest

from robots.admin.performer import identity_of
from robots.identity import Identity
from robots.models import Namespace
from robots.roles import Role
from robots.standing import administered_namespaces, joined_namespaces

_KEPT = "_robots_reach"


class Reach:
    """What one signed-in person may look at and change, asked once for a request."""

    def __init__(self, user: AbstractBaseUser) -> None:
        self.user = user
        self.identity: Identity = identity_of(user)

    @property
    def sees_site(self) -> bool:
        """Whether the person looks at every namespace: staff, and auditors."""
        return self._is_staff or self.identity.role_everywhere is not None

    def may(self, verb: str, model: type[Model]) -> bool:
        """Whether the person may `verb` (add, change, delete) everywhere."""
        if self.identity.role_everywhere is Role.ADMIN:
            return True
        permission = f"{model._meta.app_label}.{verb}_{model._meta.model_name}"
        return self._is_staff and self.user.has_perm(permission)  # type: ignore[attr-defined]

    def administers(self, namespace: Namespace | int | None) -> bool:
        """Whether the person administers this namespace as one of its own people."""
        pk = namespace.pk if isinstance(namespace, Namespace) else namespace
        return pk in self.administered

    def may_see_secrets(self, namespace: Namespace | int | None) -> bool:
        """Whether secrets of this namespace's robots are shown to the person.

        To those who administer it and to superusers: no permission of Django's does
        it, and no auditor reads a secret.
        """
        return self._is_superuser or self.administers(namespace)

    @cached_property
    def administered(self) -> frozenset[int]:
        """Keys of the namespaces that the person administers."""
        mine = administered_namespaces(self.identity).order_by()
        return frozenset(mine.values_list("pk", flat=True))

    @cached_property
    def joined(self) -> frozenset[int]:
        """Keys of the namespaces that the person is in, in whatever role."""
        mine = joined_namespaces(self.identity).order_by()
        return frozenset(mine.values_list("pk", flat=True))

    @property
    def _is_superuser(self) -> bool:
        return bool(getattr(self.user, "is_superuser", False))

    @property
    def _is_staff(self) -> bool:
        return bool(getattr(self.user, "is_staff", False))


def reach_of(request: HttpRequest) -> Reach:
    """The reach of who is signed in; TypeError for a request that nobody signed."""
    if not isinstance(request.user, AbstractBaseUser):
        raise TypeError("nobody is signed in")
    kept: Reach | None = getattr(request, _KEPT, None)
    if kept is None or kept.user.pk != request.user.pk:
        kept = Reach(request.user)
        setattr(request, _KEPT, kept)
    return kept
