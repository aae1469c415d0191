"""The theme's classes, which have no types, under the types of what they extend."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as _ModelAdmin
    from django.contrib.admin.views.main import ChangeList as ThemedChangeList
    from django.forms import Textarea as ThemedTextarea

    ThemedAdmin = _ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as ThemedAdmin
    from unfold.views import ChangeList as ThemedChangeList
    from unfold.widgets import UnfoldAdminTextareaWidget as ThemedTextarea

__all__ = ["ThemedAdmin", "ThemedChangeList", "ThemedTextarea"]
