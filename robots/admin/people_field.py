"""People in forms: typed by their exact user names, never chosen from a list."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from robots.admin.choices import CarefulAutocomplete
from robots.admin.deeds import DeedAdmin
from robots.errors import NotFound
from robots.lookup import user_named

MAX_USERNAME = 150
"""Characters; a longer text names nobody."""


class PersonField(forms.CharField):
    """An exact user name, cleaned to the active person who has it; or None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "Exact user name.")
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget)
        super().__init__(**kwargs)
        attrs = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        self.widget.attrs.update(attrs)

    def clean(self, value: Any) -> AbstractBaseUser | None:
        username = super().clean(value)
        return _active(username) if username else None

    def prepare_value(self, value: Any) -> Any:
        """The name of the person whose key a model's form has as its value."""
        if not isinstance(value, int):
            return value
        person = get_user_model()._default_manager.filter(pk=value).first()
        return person.get_username() if person else ""


def _active(username: str) -> AbstractBaseUser:
    if len(username) > MAX_USERNAME:
        raise ValidationError("There is no such user.", code="unknown")
    try:
        person = user_named(username)
    except NotFound:
        person = None
    if person is None or not person.is_active:
        raise ValidationError(f"There is no user called {username}.", code="unknown")
    return person


class PeopleByNameAdmin(DeedAdmin):
    """Forms with people in them, and boxes that offer what lies in one namespace.

    The namespace is that of the list from which the form was opened.
    """

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Without the links to lists and forms of people that Django puts beside."""
        if db_field.related_model is get_user_model():
            return self._person_field(db_field, kwargs.get("label"))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        widget = field.widget
        if isinstance(widget, CarefulAutocomplete) and db_field.name != "namespace":
            listed = self._listed_namespace(request)
            widget.namespace = listed.name if listed else ""
        return field

    def _person_field(
        self, db_field: ForeignKey[Any, Any], label: str | None
    ) -> PersonField:
        return PersonField(
            required=not db_field.blank,
            label=label or str(db_field.verbose_name).capitalize(),
        )
