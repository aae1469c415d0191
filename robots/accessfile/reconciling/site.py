"""One namespace while a file is made true in it: what is said, and what is there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.base_user import AbstractBaseUser

from robots.accessfile.documents import NamespaceDocument
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reconciling.ledger import Ledger
from robots.audit import Performer
from robots.credentials import Secret
from robots.errors import DomainError
from robots.models import Namespace, Robot, Team


@dataclass(frozen=True)
class Order:
    """How files are to be made true, the same for every namespace of them.

    `secrets` are tokens of robots to be, by full name: None for a robot without any.
    """

    by: Performer
    prune: bool
    secrets: Mapping[str, Secret | None]
    people: Mapping[str, AbstractBaseUser]
    """Those whom the files name and who are there, by user name."""


@dataclass(frozen=True)
class Site:
    """One namespace of a file. The maps go by short name and grow as rows are made."""

    said: NamespaceDocument
    source: str
    namespace: Namespace
    order: Order
    ledger: Ledger
    robots: dict[str, Robot] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    repositories: dict[str, int] = field(default_factory=dict)
    """The keys of the repositories that the file lists."""

    @property
    def by(self) -> Performer:
        return self.order.by

    @property
    def name(self) -> str:
        return self.namespace.name

    @property
    def is_complete(self) -> bool:
        """Whether what a section does not list is not to be."""
        return not self.said.partial

    @property
    def prunes(self) -> bool:
        """Whether what a section does not list is removed."""
        return self.order.prune and self.is_complete

    def leave(self, count: int) -> None:
        """Count what pruning would remove."""
        if self.is_complete:
            self.ledger.left += count

    def refused(self, line: int, problem: str) -> FileInvalid:
        return FileInvalid(self.source, line, problem)

    @contextmanager
    def at(self, line: int) -> Iterator[None]:
        """Give what a deed refuses its place in the file."""
        try:
            yield
        except FileInvalid:
            raise
        except DomainError as error:
            raise FileInvalid(self.source, line, error.message) from error
