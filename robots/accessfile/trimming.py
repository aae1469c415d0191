"""An access file that takes away what nobody used: a plan, to be read and applied.

The file is partial, so applying it touches nothing but what it names: an unused
permission becomes `none`, one that is wider than its use the role that was used, an
idle robot is disabled. Nothing is deleted, and teams stay as they are.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from robots.accessfile.documents import (
    AccessFile,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
)
from robots.errors import DomainError
from robots.models import Namespace
from robots.unused import Period
from robots.unused_rows import IdleRobot, UnusedPermission

_Grants = dict[str, dict[str, GrantDocument]]


def trimmed(
    unused: Iterable[UnusedPermission], idle: Iterable[IdleRobot]
) -> AccessFile:
    """What applying with `--prune` takes away, of the rows that were told.

    Left as they are: permissions and robots with a `why_kept`.
    """
    grants: dict[str, _Grants] = defaultdict(lambda: defaultdict(dict))
    for row in unused:
        if row.why_kept is None:
            # The end that a permission has is kept: a plan gives nobody more time.
            until = row.until if row.used else None
            document = GrantDocument(row.used, until)
            grants[row.namespace][row.repository][row.grantee] = document
    robots: dict[str, dict[str, RobotDocument]] = defaultdict(dict)
    for robot in idle:
        if robot.why_kept is None:
            robots[robot.namespace][robot.name] = RobotDocument({"enabled": False})
    named = Namespace.objects.filter(name__in=sorted({*grants, *robots}))
    return AccessFile(
        {
            namespace.name: _document(
                namespace, grants[namespace.name], robots[namespace.name]
            )
            for namespace in named.order_by("name")
        }
    )


def check_known(period: Period, since: datetime | None) -> None:
    """Raise DomainError unless uses are known for the whole period."""
    if period.is_known(since):
        return
    known = f"since {since:%Y-%m-%d %H:%M} UTC" if since else "of nothing yet"
    raise DomainError(
        f"Uses are known {known}, not for {period.days} days: a plan would take away"
        " what was used before that. Wait, ask for fewer days, or take the risk with"
        " --accept-short-history"
    )


def _document(
    namespace: Namespace, grants: _Grants, robots: dict[str, RobotDocument]
) -> NamespaceDocument:
    return NamespaceDocument(
        personal=not namespace.is_organization,
        partial=True,
        robots=robots or None,
        repositories={
            name: RepositoryDocument(permissions=permissions)
            for name, permissions in grants.items()
        }
        or None,
    )
