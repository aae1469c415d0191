"""Files made true in tests, and whether what is told is what was done."""

from typing import Any

from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import Outcome, reconcile
from robots.accessfile.shown import plan_lines
from robots.models import AuditEvent, PermissionChange
from tests.factories import BY

SOURCE = "acme.yaml"

HEAD = "version: 1\nnamespaces:\n"
"""How every access file begins."""

BULK = "change_repo_permissions"
"""The kind of event that one row of small print for each permission belongs to."""


def apply(text: str, **options: Any) -> Outcome:
    """Make the text of a file true."""
    return reconcile(read_access_file(SOURCE, text.encode()), BY, **options)


def applied(text: str, **options: Any) -> list[str]:
    """The lines of what it did, once it is sure that the audit tells the same."""
    events, rows = _counts()
    done = apply(text, **options)
    if not options.get("dry_run"):
        events_after, rows_after = _counts()
        permissions = sum(change.noun == "permission" for change in done.changes)
        assert rows_after - rows == permissions
        assert events_after - events == len(done.changes) - permissions
    return lines(done)


def lines(done: Outcome) -> list[str]:
    """Each change as the command shows it, without the sums."""
    shown = plan_lines(done.changes, 0, dry_run=False, most=None)
    return [line for line in shown if line[:3].strip() in {*"+~-", "! +", "! ~"}]


def _counts() -> tuple[int, int]:
    """Audit events that tell of one change each, and rows of bulk events."""
    events = AuditEvent.objects.exclude(kind=BULK).count()
    return events, PermissionChange.objects.count()
