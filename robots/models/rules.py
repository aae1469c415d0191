"""Constraints that more than one table needs, written once."""

from django.db import models
from django.db.models import Q

from robots.names import REPOSITORY_NAME, SIMPLE_NAME


def matches_name(field: str, name: str) -> models.CheckConstraint:
    """`field` is a namespace, robot or team name, as `robots.names` has it."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__regex": rf"\A(?=..){SIMPLE_NAME}\Z"}),
        violation_error_message=(
            "Use 2 to 255 lowercase letters and digits;"
            " one of . _ - may stand between them."
        ),
    )


def matches_repository_name(field: str, name: str) -> models.CheckConstraint:
    """`field` is a repository name, as `robots.names` has it."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__regex": rf"\A{REPOSITORY_NAME}\Z"}),
        violation_error_message=(
            "Use lowercase letters, digits and . _ - in parts separated by /."
        ),
    )


def key_id_field() -> "models.CharField[str, str]":
    """Under which root key a row's secret is kept (`robots.keyring`).

    Empty where a version before this column wrote the row: it is not known then.
    """
    return models.CharField(
        max_length=8, blank=True, default="", db_default="", editable=False
    )


def matches_key_id(name: str) -> models.CheckConstraint:
    """`key_id` is an id of a root key, or empty."""
    return models.CheckConstraint(
        name=name,
        condition=Q(key_id__regex=r"\A(?:[0-9a-f]{8})?\Z"),
        violation_error_message="A key's id has eight hexadecimal digits.",
    )


def exactly_one(*fields: str, name: str) -> models.CheckConstraint:
    """Just one of `fields` is set."""
    condition = Q()
    for chosen in fields:
        condition |= Q(**{f"{field}__isnull": field != chosen for field in fields})
    return models.CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"Set exactly one of: {', '.join(fields)}.",
    )


def at_most_one(*fields: str, name: str) -> models.CheckConstraint:
    """None or one of `fields` is set."""
    condition = Q(**{f"{field}__isnull": True for field in fields})
    for chosen in fields:
        condition |= Q(**{f"{field}__isnull": field != chosen for field in fields})
    return models.CheckConstraint(
        name=name,
        condition=condition,
        violation_error_message=f"Set at most one of: {', '.join(fields)}.",
    )


def known_value(
    field: str, choices: type[models.Choices], name: str
) -> models.CheckConstraint:
    """`field` is one of `choices`."""
    return models.CheckConstraint(
        name=name, condition=Q(**{f"{field}__in": choices.values})
    )
