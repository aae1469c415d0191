"""Which robots are meant: of one namespace, and by globs of their full names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.db.models import QuerySet

from robots.errors import DomainError
from robots.lookup import robot_named
from robots.models import Namespace, Robot

_GLOB = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True)
class RobotChoice:
    """Robots of `namespace`, or of all, whose full name matches one of `globs`.

    No globs match every robot; none of `excepted` may match. `*` stands for any number
    of characters, `?` for one, `[ab]` for one of those.
    """

    namespace: Namespace | None = None
    globs: Sequence[str] = ()
    excepted: Sequence[str] = ()

    def check(self) -> None:
        """Raise DomainError for a glob that no full name can match.

        Raises NotFound for a name without `*`, `?` or `[` that no robot has.
        """
        for glob in (*self.globs, *self.excepted):
            if "+" not in glob and not glob.startswith("*"):
                raise DomainError(
                    f"{glob}: robots are named in full, such as acme+ci or acme+ci-*"
                )
            if not _GLOB.search(glob):
                robot_named(glob)

    def find(self) -> list[Robot]:
        """The robots, sorted by full name, with their namespaces."""
        rows = self._rows().select_related("namespace").order_by()
        found = [robot for robot in rows if self._means(robot.full_name)]
        return sorted(found, key=lambda robot: robot.full_name)

    def _rows(self) -> QuerySet[Robot]:
        if self.namespace is None:
            return Robot.objects.all()
        return Robot.objects.filter(namespace=self.namespace)

    def _means(self, full_name: str) -> bool:
        if any(fnmatchcase(full_name, glob) for glob in self.excepted):
            return False
        return not self.globs or any(
            fnmatchcase(full_name, glob) for glob in self.globs
        )
