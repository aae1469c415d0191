"""What an export leaves unsaid: what is empty, or as it is when nobody says so.

What decides about access is always said, also where there is none of it (`expires_at`
and `mirror_robot` are null then, sections empty): what is not in a file is not managed
by it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from robots.accessfile.documents import (
    Fields,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.models.namespaces import DEFAULT_TAG_EXPIRATION

_Noun = TypeVar("_Noun", TeamDocument, RobotDocument, RepositoryDocument)

_USUAL = {
    "email": "",
    "invoice_email": False,
    "invoice_email_address": "",
    "tag_expiration_s": DEFAULT_TAG_EXPIRATION,
    "description": "",
    "metadata": {},
}


def plain(document: NamespaceDocument) -> NamespaceDocument:
    """The same namespace, saying only what an export says."""
    return replace(
        document,
        fields=_stated(document.fields),
        teams=_plain(document.teams),
        robots=_plain(document.robots),
        repositories=_plain(document.repositories),
    )


def _plain(nouns: Mapping[str, _Noun] | None) -> Mapping[str, _Noun] | None:
    if nouns is None:
        return None
    return {
        name: replace(said, fields=_stated(said.fields)) for name, said in nouns.items()
    }


def _stated(fields: Fields) -> Fields:
    return {
        name: value
        for name, value in fields.items()
        if name not in _USUAL or value != _USUAL[name]
    }
