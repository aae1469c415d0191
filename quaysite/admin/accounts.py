"""A person's accounts at the OpenID provider, on the person's page."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from quaysite.admin.powers import holds, is_superuser
from quaysite.models import OidcAccount, User

if TYPE_CHECKING:  # The theme has no types.
    from django.contrib.admin import TabularInline

    ThemedInline = TabularInline[OidcAccount, User]
else:
    from unfold.admin import TabularInline as ThemedInline


class OidcAccountInline(ThemedInline):
    """Whoever connects an account to a person may become that person, and who has the
    account is that person from then on, with all that their groups give them.

    So superusers alone connect accounts here, or take them off.
    """

    model = OidcAccount
    extra = 0
    verbose_name = "account"
    verbose_name_plural = "Accounts that sign in as this person (OpenID provider)"
    fields = ("issuer", "subject", "created_at", "last_used_at")
    readonly_fields = ("created_at", "last_used_at")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return holds(request, "quaysite.view_user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account is connected or not: nobody turns one into another."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request, obj)
