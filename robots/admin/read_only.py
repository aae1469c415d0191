"""Rows that are looked at and that nobody adds, changes or deletes in the admin."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """To be named before the ModelAdmin, whose permissions it takes away."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
