"""Making access files true: all of what they say in one transaction, or nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from robots.accessfile.documents import AccessFile
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reconciling import (
    default_permissions,
    namespaces,
    permissions,
    repositories,
    robots,
    teams,
    trusts,
)
from robots.accessfile.reconciling.grantees import locked_people
from robots.accessfile.reconciling.ledger import Ledger, PlannedChange
from robots.accessfile.reconciling.site import Order, Site
from robots.audit import Performer
from robots.credentials import Deliver, NewTokens, Secret
from robots.models import Namespace, Robot

Secrets = Mapping[str, Secret | None]
"""Tokens that robots to be are to have, by their full names; None for none at all."""

__all__ = ["Outcome", "PlannedChange", "new_robots", "reconcile", "reconcile_all"]


@dataclass(frozen=True)
class Outcome:
    """What was done; of a dry run, what would be, without the tokens."""

    changes: Sequence[PlannedChange]
    left: int
    """Things that only the database has, and that pruning would remove."""

    tokens: NewTokens
    warnings: Sequence[str] = ()
    """What is as the files say, and hardly what they mean."""


def reconcile(
    file: AccessFile,
    by: Performer,
    *,
    prune: bool = False,
    dry_run: bool = False,
    secrets: Secrets | None = None,
    deliver: Deliver | None = None,
) -> Outcome:
    """Make one file true; see `reconcile_all`."""
    return reconcile_all(
        [file], by, prune=prune, dry_run=dry_run, secrets=secrets, deliver=deliver
    )


def reconcile_all(
    files: Sequence[AccessFile],
    by: Performer,
    *,
    prune: bool = False,
    dry_run: bool = False,
    secrets: Secrets | None = None,
    deliver: Deliver | None = None,
    begin: Callable[[str], None] = lambda name: None,
    check: Callable[[Sequence[PlannedChange]], None] = lambda changes: None,
) -> Outcome:
    """Make all of `files` true, or change nothing.

    Only `prune` removes anything. A dry run does it all and takes it back, so that
    it tells exactly what would be done. `secrets` are tokens that clients have
    already; any other new robot gets a new one. Without `secrets` a new robot with
    trusts gets none: who gets in by them needs no password. New tokens go to
    `deliver` before the commit: if it raises, nothing is stored. `check` sees the
    changes first, dry run or not, and nothing is stored either if it raises. `begin`
    hears the name of each namespace in turn. Raises FileInvalid with the place of what
    cannot be.
    """
    _check_once(files)
    given = _keyless(files) if secrets is None else secrets
    with transaction.atomic():
        held = namespaces.locked_namespaces(
            name for file in files for name in file.namespaces
        )
        order = Order(by, prune, given, locked_people(files))
        ledger = Ledger()
        for file in files:
            _reconcile(file, held, order, ledger, begin)
        check(ledger.changes)
        tokens = () if dry_run else tuple(ledger.tokens)
        if tokens and deliver is not None:
            deliver(tokens)
        if dry_run:
            transaction.set_rollback(True)
    return Outcome(ledger.changes, ledger.left, tokens, ledger.warnings)


def new_robots(files: Sequence[AccessFile]) -> list[str]:
    """The full names of robots that are not there, and would get a new token."""
    keyless = _keyless(files)
    names = [name for file in files for name in file.namespaces]
    rows = Robot.objects.filter(namespace__name__in=names)
    held = set(rows.values_list("namespace__name", "name").order_by())
    return sorted(
        f"{name}+{robot}"
        for file in files
        for name, said in file.namespaces.items()
        for robot in said.robots or ()
        if (name, robot) not in held and f"{name}+{robot}" not in keyless
    )


def _keyless(files: Sequence[AccessFile]) -> Secrets:
    return {
        f"{name}+{robot}": None
        for file in files
        for name, said in file.namespaces.items()
        for robot, document in (said.robots or {}).items()
        if document.trusts
    }


def _reconcile(
    file: AccessFile,
    held: Mapping[str, Namespace],
    order: Order,
    ledger: Ledger,
    begin: Callable[[str], None],
) -> None:
    for name, said in sorted(file.namespaces.items()):
        begin(name)
        site = namespaces.settle(name, said, file.source, held.get(name), order, ledger)
        _reconcile_inside(site)


def _reconcile_inside(site: Site) -> None:
    """What is named goes before what names it, and is removed after it."""
    robots.settle(site)
    teams.settle(site)
    repositories.settle(site)
    permissions.settle(site)
    default_permissions.settle(site)
    trusts.settle(site)
    repositories.remove_others(site)
    teams.remove_others(site)
    teams.warn(site)
    robots.remove_others(site)


def _check_once(files: Sequence[AccessFile]) -> None:
    """Raise FileInvalid for a namespace in two files: which of them would be true?"""
    seen: dict[str, str] = {}
    for file in files:
        for name, said in file.namespaces.items():
            if name in seen:
                problem = f"the namespace {name} is in {seen[name]} too"
                raise FileInvalid(file.source, said.line, problem)
            seen[name] = file.source
