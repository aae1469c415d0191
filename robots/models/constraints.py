"""The database's own word on rule R2: robots and teams never cross namespaces."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, Model


class SameNamespace(BaseConstraint):
    """A composite foreign key: the row that `field` names lies in this namespace.

    Both this model and the one that `field` refers to have a `namespace`; the
    other must have a unique constraint on (id, namespace). Where `field` is
    NULL nothing is asked. SQLite enforces it like any foreign key.
    """

    def __init__(
        self,
        *,
        field: str,
        name: str,
        violation_error_code: str | None = None,
        violation_error_message: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message
            or "This belongs to another namespace.",
        )
        self.field = field

    def constraint_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        if model is None or schema_editor is None:
            raise TypeError("a composite foreign key needs its model and an editor")
        quote = schema_editor.quote_name
        reference = _foreign_key(model, self.field)
        other = reference.related_model
        columns = [reference.column, _foreign_key(model, "namespace").column]
        targets = [other._meta.pk.column, _foreign_key(other, "namespace").column]
        return (
            f"CONSTRAINT {quote(self.name)}"
            f" FOREIGN KEY ({', '.join(map(quote, columns))})"
            f" REFERENCES {quote(other._meta.db_table)}"
            f" ({', '.join(map(quote, targets))})"
            " DEFERRABLE INITIALLY DEFERRED"
        )

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        if model is None or schema_editor is None:
            raise TypeError("a composite foreign key needs its model and an editor")
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        if model is None or schema_editor is None:
            raise TypeError("a composite foreign key needs its model and an editor")
        quote = schema_editor.quote_name
        return (
            f"ALTER TABLE {quote(model._meta.db_table)}"
            f" DROP CONSTRAINT {quote(self.name)}"
        )

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: Any = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        if exclude and (self.field in exclude or "namespace" in exclude):
            return
        related = getattr(instance, self.field)
        if related is None:
            return
        if related.namespace_id != getattr(instance, "namespace_id"):  # noqa: B009
            raise ValidationError(
                self.get_violation_error_message(), code=self.violation_error_code
            )

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs["field"] = self.field
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SameNamespace)
            and self.name == other.name
            and self.field == other.field
        )

    def __hash__(self) -> int:
        return hash((self.name, self.field))


def _foreign_key(model: type[Model], name: str) -> Any:
    """The field, as Any: the stubs do not know which fields have a column."""
    return model._meta.get_field(name)
