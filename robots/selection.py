"""Which repositories of one namespace are meant: named, matching, or listed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import BooleanField, F, Func, QuerySet, Value

from robots.batches import batches
from robots.errors import DomainError
from robots.models import Namespace, Repository
from robots.names import MAX_LENGTH, is_repository_name

MAX_REPOSITORIES = 100_000
"""The most that one selection may hold."""

_SHOWN = 5
_PATTERN = re.compile(rf"[a-z0-9._/*?-]{{1,{MAX_LENGTH}}}")
_LIKE = str.maketrans({"_": "!_", "*": "%", "?": "_"})


@dataclass(frozen=True, slots=True)
class Named:
    """The repositories called `names`; one that is named twice counts once."""

    names: Sequence[str]

    def find(self, namespace: Namespace) -> dict[str, int]:
        """Their keys by name. Raises DomainError that names the first unknown ones."""
        _check_count(len(self.names))
        wanted = list(dict.fromkeys(self.names))
        found: dict[str, int] = {}
        for names in batches([name for name in wanted if is_repository_name(name)]):
            rows = Repository.objects.filter(namespace=namespace, name__in=names)
            found.update(rows.values_list("name", "pk").order_by())
        _check_known(namespace, [name for name in wanted if name not in found])
        return found


@dataclass(frozen=True, slots=True)
class Matching:
    """The repositories whose whole name matches `pattern`.

    `*` stands for any number of characters, a slash too, `?` for one.
    """

    pattern: str

    def rows(self, namespace: Namespace) -> QuerySet[Repository]:
        """Any number of them. Raises DomainError for what no name can match."""
        if not is_pattern(self.pattern):
            raise DomainError(
                "match: 1 to 255 characters of a repository name, where * stands for"
                " any number of characters and ? for one"
            )
        return Repository.objects.filter(is_like(self.pattern), namespace=namespace)

    def find(self, namespace: Namespace) -> dict[str, int]:
        """Their keys by name. Raises DomainError for what no name can match."""
        return _at_most_all(self.rows(namespace))


@dataclass(frozen=True, slots=True)
class Listed:
    """Those of `rows` that are the namespace's: what a list of them shows just now."""

    rows: QuerySet[Repository]

    def find(self, namespace: Namespace) -> dict[str, int]:
        """Their keys by name. Raises DomainError if there are too many."""
        return _at_most_all(self.rows.filter(namespace=namespace))


Selection = Named | Matching | Listed


def is_pattern(text: str) -> bool:
    """Whether a name of a repository, a robot or a team can match `text`."""
    return _PATTERN.fullmatch(text) is not None


def is_like(pattern: str) -> Func:
    """Whether the field `name` matches as a whole.

    SQL's LIKE, whose time does not explode with the number of stars.

    Names are lower case, so it does not matter that SQLite's ignores case.
    """
    like = re.sub(r"\*+", "*", pattern).translate(_LIKE)
    return Func(
        F("name"),
        Value(like),
        template="(%(expressions)s ESCAPE '!')",
        arg_joiner=" LIKE ",
        output_field=BooleanField(),
    )


def _at_most_all(rows: QuerySet[Repository]) -> dict[str, int]:
    found = rows.values_list("name", "pk").order_by()[: MAX_REPOSITORIES + 1]
    _check_count(len(found))
    return dict(found)


def _check_count(count: int) -> None:
    if count > MAX_REPOSITORIES:
        raise DomainError(f"At most {MAX_REPOSITORIES} repositories at a time")


def _check_known(namespace: Namespace, unknown: Sequence[str]) -> None:
    if not unknown:
        return
    shown = ", ".join(name[:MAX_LENGTH] for name in unknown[:_SHOWN])
    more = len(unknown) - _SHOWN
    rest = f" and {more} more" if more > 0 else ""
    raise DomainError(f"No such repository in {namespace.name}: {shown}{rest}")
