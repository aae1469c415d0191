"""The scopes that applications may ask for, as django-oauth-toolkit wants them."""

from typing import Any

from oauth2_provider.scopes import BaseScopes

from robots.oauth_scopes import DESCRIPTIONS


class Scopes(BaseScopes):
    """Every scope, for every application; none where none is named."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope.value: text for scope, text in DESCRIPTIONS.items()}

    def get_available_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        return list(self.get_all_scopes())

    def get_default_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        return []
