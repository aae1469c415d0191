"""Powers over people and groups: whose Django permissions count on their pages."""

from typing import Any

from django import forms
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from quaysite.models import User
from quaysite.oidc import conf as oidc_conf
from robots import conf


def is_superuser(request: HttpRequest) -> bool:
    """Whether an active superuser asks."""
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_superuser


def acts_as_staff(request: HttpRequest) -> bool:
    """Whether the permissions of who asks count.

    The site lets in everybody who is active, and Django's `has_perm` does not ask
    for staff: whoever was staff once may have kept permissions.
    """
    user = request.user
    is_staff = isinstance(user, User) and user.is_active and user.is_staff
    return is_staff or is_superuser(request)


def holds(request: HttpRequest, permission: str) -> bool:
    """Whether who asks is staff, and has the permission `app.verb_model`."""
    return acts_as_staff(request) and request.user.has_perm(permission)


def may_touch(request: HttpRequest, person: User | None) -> bool:
    """Whoever sets a person's password becomes that person: never a mightier one.

    Nor one whom the provider's groups may make mightier at the next sign-in.
    """
    if person is None or is_superuser(request):
        return True
    if person.is_superuser or person.username in conf.powerful_names():
        return False
    if oidc_conf.gives_powers() and _is_connected(person):
        return False
    return _kept_permissions(person) <= set(request.user.get_all_permissions())


def _is_connected(person: User) -> bool:
    return not person._state.adding and person.oidc_accounts.exists()


def _kept_permissions(person: User) -> set[str]:
    """Those stored, which count again once the person is active and staff."""
    if person._state.adding:
        return set()
    kept = Permission.objects.filter(Q(user=person.pk) | Q(group__user=person.pk))
    names = kept.order_by().values_list("content_type__app_label", "codename")
    return {f"{app_label}.{codename}" for app_label, codename in names}


class CarefulMultipleChoiceField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Django's, which looks keys up that no row can have: SQLite fails on those."""

    def _check_values(self, value: Any) -> Any:
        rows: Any = self.queryset
        key = rows.model._meta.pk
        for text in value if isinstance(value, list | tuple) else ():
            try:
                key.clean(text, None)
            except ValidationError:
                raise ValidationError(
                    self.error_messages["invalid_pk_value"],
                    code="invalid_pk_value",
                    params={"pk": str(text)[:40]},
                ) from None
        return super()._check_values(value)  # type: ignore[misc]
