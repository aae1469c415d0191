"""Boxes in which one types to choose a row."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.utils.http import urlencode

from robots.admin.owned import NAMESPACE_PARAMETER


class CarefulAutocomplete(AutocompleteSelect):
    """Django's, which fails on showing again what cannot be a primary key.

    With a `namespace`, its name, only what lies there is offered. That is a
    convenience: the field itself has to refuse everything else.
    """

    namespace: str = ""

    def get_url(self) -> str:
        url = super().get_url()
        if not self.namespace:
            return url
        return f"{url}?{urlencode({NAMESPACE_PARAMETER: self.namespace})}"

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, [v for v in value if self._possible(v)], attr)

    def _possible(self, value: str) -> bool:
        try:
            self.choices.queryset.model._meta.pk.clean(value, None)
        except ValidationError:
            return False
        return True
