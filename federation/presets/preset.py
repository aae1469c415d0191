"""A provider's preset: what it asks for, and the trusts that come of it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from federation.entries import Entry, check_entries
from federation.presets.fields import Answers, Field, read

Build = Callable[[Answers], list[Entry]]


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider. `build` makes trusts of answers that are right by themselves."""

    slug: str
    title: str
    help: str
    fields: tuple[Field, ...]
    build: Build

    def facts(self, default_audience: str = "") -> dict[str, Any]:
        """As JSON, enough to draw a form from."""
        return {
            "slug": self.slug,
            "title": self.title,
            "help": self.help,
            "fields": [field.facts(default_audience) for field in self.fields],
        }

    def fill(self, values: Any, default_audience: str = "") -> list[Entry]:
        """The trusts. Raises TrustInvalid, naming the field and what it takes."""
        entries = self.build(read(self.fields, values, default_audience))
        check_entries(entries)
        return entries
