"""Whether each page of the apps in the host's admin can be shown; told as JSON."""

import json
from collections.abc import Iterator

from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from .begin import PASSWORD

_APPS = {"robots", "federation"}
_NOT_SHOWN = ("_history", "_delete", "_autocomplete", "_choices", "_export")
"""Names of what is no page to look at."""


def look() -> None:
    browser = Client(headers={"host": "127.0.0.1"})
    browser.login(username="root", password=PASSWORD)
    print(json.dumps({page: browser.get(page).status_code for page in sorted(pages())}))


def pages() -> set[str]:
    return {reverse("admin:index"), *_of_models()}


def _of_models() -> Iterator[str]:
    for model, its in admin.site._registry.items():
        if model._meta.app_label not in _APPS:
            continue
        row = model._default_manager.first()
        for url in its.get_urls():
            name = str(getattr(url, "name", None))
            if name.endswith(_NOT_SHOWN):
                continue
            for arguments in [[], [row.pk] if row else []]:
                try:
                    yield reverse(f"admin:{name}", args=arguments)
                except NoReverseMatch:
                    continue
