"""Robot accounts: `namespace+name`, limited to their namespace."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Func

from robots import names
from robots.errors import NameInvalid
from robots.models.namespaces import Namespace
from robots.models.rules import matches_name


class LastUsed(Func):
    """`last_used_at`, or 1970 for a robot that was never used: what lists order by.

    The date is a part of the SQL, as an index of it needs.
    """

    function = "COALESCE"
    output_field = models.DateTimeField()
    template = "%(function)s(%(expressions)s, '1970-01-01 00:00:00+00')"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """In the form that Django keeps times in there."""
        template = self.template.replace("+00", "")
        return self.as_sql(compiler, connection, template=template, **context)


class Robot(models.Model):
    """A machine's account. Its secrets are its `tokens`."""

    # The unique index of its name begins with it.
    namespace = models.ForeignKey(
        Namespace, on_delete=models.CASCADE, related_name="robots", db_index=False
    )
    name = models.CharField(
        max_length=255, help_text="The part after the +, without the namespace."
    )
    description = models.CharField(max_length=255, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(
        default=True, help_text="While off, none of the robot's tokens works."
    )
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on none of its tokens works."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "robot account"
        ordering: ClassVar[list[str]] = ["namespace_id", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            matches_name("name", "robots_robot_name_valid"),
            models.UniqueConstraint(
                fields=["namespace", "name"], name="robots_robot_name_unique"
            ),
            models.UniqueConstraint(
                fields=["id", "namespace"], name="robots_robot_id_namespace"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                "namespace",
                LastUsed("last_used_at").desc(),
                "name",
                name="robots_robot_last_used",
            ),
            models.Index(
                fields=["expires_at"],
                name="robots_robot_end",
                condition=models.Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.namespace.name}+{self.name}"

    def clean(self) -> None:
        if not self.namespace_id:
            return
        try:
            names.check_robot_name(self.namespace.name, self.name)
        except NameInvalid as error:
            raise ValidationError({"name": error.message}) from None
