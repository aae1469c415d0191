"""Change the keys that robot tokens and other secrets are digested and sealed with."""

import time
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from quaysite.lifecycle.root_keys import KEPT, Report, report
from quaysite.management import secret_key_texts as texts
from robots import conf, keyring
from robots.errors import DomainError
from robots.key_file import KeyFile, new_key
from robots.lifecycle.resealing import (
    BATCH,
    Resealed,
    record_begin,
    record_end,
    reseal,
)
from robots.management.command import DONE, PENDING, Deed, Outcome
from robots.management.progress import counting_bar

LEFT = 4
"""Something is left that only somebody can mend."""

MAX_BATCH = 5_000
MAX_PAUSE = 60


class Command(Deed):
    help = """\
Change the keys of ROBOTS_SECRET_KEYS without refusing a single login.

  status       which keys there are, what is under each, and which can be removed
  new          make a key that all servers accept and none uses yet
  activate ID  use it for new work
  reseal       bring what is sealed under older keys to the current one
  remove ID    take a key out that nothing is under

Servers read the keys when they start. So: new; restart every server, one after the
other; activate; restart every server; reseal; and when status says so, remove, and
restart once more. Where the site did not make its keys itself, new, activate and
remove say what to change instead of changing it."""
    examples = (
        "manage.py rotate_secret_keys status",
        "manage.py rotate_secret_keys new",
        "manage.py rotate_secret_keys activate 5e6f7a8b",
        "manage.py rotate_secret_keys reseal --batch 500 --pause 0.2",
        "manage.py rotate_secret_keys remove a1b2c3d4",
    )
    exit_codes = Deed.exit_codes | {
        PENDING: "a dry run of reseal that has something to do",
        LEFT: "status, reseal: something is left that no key opens, or that another"
        " row stands in the way of; reseal: or that somebody else was changing",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("deed", choices=tuple(_DEEDS), metavar="DEED")
        parser.add_argument(
            "id",
            nargs="?",
            metavar="ID",
            help="Of a key, as status shows it. With activate and remove.",
        )
        parser.add_argument(
            "--batch",
            metavar="N",
            type=int,
            default=BATCH,
            help=f"Rows of one transaction, 1 to {MAX_BATCH}. Default: {BATCH}."
            " With reseal.",
        )
        parser.add_argument(
            "--pause",
            metavar="SECONDS",
            type=float,
            default=0,
            help=f"Rest between two batches, 0 to {MAX_PAUSE}. Default: 0."
            " With reseal.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Only count what would be changed. With reseal.",
        )
        parser.add_argument(
            "--now",
            action="store_true",
            help="Though something is under the key, and stops working: for one that"
            " somebody else has. With remove.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        deed = options["deed"]
        if (options["id"] is not None) != (deed in _WITH_ID):
            raise DomainError(
                f"{deed}: say which key, by its ID"
                if deed in _WITH_ID
                else f"{deed}: takes no ID"
            )
        outcome: Outcome = _DEEDS[deed](self, options)
        return outcome

    def _status(self, options: dict[str, Any]) -> Outcome:
        found = report(timezone.now())
        lines = texts.status_lines(found)
        code = LEFT if found.lost else DONE
        return Outcome("\n".join(lines), texts.status_facts(found), code)

    def _new(self, options: dict[str, Any]) -> Outcome:
        path = conf.made_keys_file()
        if path is None:
            key = new_key()
            facts = {"id": keyring.key_id_of(key), "key": key, "file": None}
            return Outcome(texts.given(key), facts)
        key_id = KeyFile(path).add()
        return Outcome(
            f"Added the key {key_id} to {path}: it is accepted, and not used.\n"
            "Restart every server, and when all have it:"
            f" rotate_secret_keys activate {key_id}",
            {"id": key_id, "file": str(path)},
        )

    def _activate(self, options: dict[str, Any]) -> Outcome:
        key_id, path = options["id"], conf.made_keys_file()
        if path is None:
            raise DomainError(texts.elsewhere(f"put {key_id} first there"))
        KeyFile(path).activate(key_id)
        return Outcome(
            f"The key {key_id} is the first of {path}.\n"
            "Restart every server, and when all use it: rotate_secret_keys reseal",
            {"id": key_id, "file": str(path)},
        )

    def _remove(self, options: dict[str, Any]) -> Outcome:
        key_id, path = options["id"], conf.made_keys_file()
        if key_id not in keyring.key_ids():
            raise DomainError(f"There is no key {key_id}")
        if not options["now"]:
            reasons = list(report(timezone.now()).obstacles(key_id))
            if reasons:
                raise DomainError(f"{key_id} is needed: {'; '.join(reasons)}")
        if path is None:
            raise DomainError(texts.elsewhere(f"take {key_id} out there"))
        KeyFile(path).remove(key_id)
        return Outcome(
            f"Took the key {key_id} out of {path}. Restart every server.",
            {"id": key_id, "file": str(path)},
        )

    def _reseal(self, options: dict[str, Any]) -> Outcome:
        _check_pace(options)
        before = report(timezone.now())
        if options["dry_run"]:
            return texts.foretold(before, PENDING if before.stale else DONE)
        counts = {name: one.stale for name, one in before.standings.items()}
        record_begin(self.by, counts)
        found = {kept.name: Resealed() for kept in KEPT}
        try:
            self._run(before, found, options)
        finally:
            if any(one != Resealed() for one in found.values()):
                record_end(self.by, found)
        whole = all(one.is_whole for one in found.values())
        return texts.resealed(found, DONE if whole else LEFT)

    def _run(
        self, before: Report, found: dict[str, Resealed], options: dict[str, Any]
    ) -> None:
        """Note in `found` what is done, as far as it comes."""
        with counting_bar(quiet=options["json"]) as show:
            for kept in KEPT:
                total, seen = before.standings[kept.name].copied.total(), 0
                for rows in reseal(kept, found[kept.name], options["batch"]):
                    seen += rows
                    show(f"{kept.noun}s", min(seen, total), total)
                    time.sleep(options["pause"])


_DEEDS = {
    "status": Command._status,
    "new": Command._new,
    "activate": Command._activate,
    "reseal": Command._reseal,
    "remove": Command._remove,
}
_WITH_ID = ("activate", "remove")


def _check_pace(options: dict[str, Any]) -> None:
    if not 1 <= options["batch"] <= MAX_BATCH:
        raise DomainError(f"--batch: 1 to {MAX_BATCH} rows")
    if not 0 <= options["pause"] <= MAX_PAUSE:
        raise DomainError(f"--pause: 0 to {MAX_PAUSE} seconds")
