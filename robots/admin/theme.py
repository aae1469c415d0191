"""The theme's classes, which have no types, under the types of what they extend."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as _ModelAdmin
    from django.contrib.admin.views.main import ChangeList as ThemedChangeList

    ThemedAdmin = _ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as ThemedAdmin
    from unfold.views import ChangeList as ThemedChangeList

__all__ = ["ThemedAdmin", "ThemedChangeList"]
