"""Boxes in which one types to choose a row."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError


class CarefulAutocomplete(AutocompleteSelect):
    """Django's, which fails on showing again what cannot be a primary key."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, [v for v in value if self._possible(v)], attr)

    def _possible(self, value: str) -> bool:
        try:
            self.choices.queryset.model._meta.pk.clean(value, None)
        except ValidationError:
            return False
        return True
