"""What a site does and tells in a process of its own: run by its `manage.py shell`."""

import json
from typing import Any

from quaysite.models import User
from robots.models import AuditEvent
from tests.api.tokens import bearer
from tests.e2e.site import Site


def call(site: Site, function: str, **arguments: Any) -> Any:
    """Call a function of this module within the site; its JSON answer."""
    code = (
        "from tests.e2e import stage; from benchmarks.faults import inside;"
        f" stage.answer(inside.{function})"
    )
    said = site.manage("shell", "-v0", "-c", code, stdin=json.dumps(arguments))
    return json.loads(said)


def administering(username: str) -> str:
    """A person's OAuth token for robots and permissions."""
    person = User.objects.get(username=username)
    return bearer(person, "org:admin repo:admin")


def lost(request_ids: list[str]) -> list[str]:
    """Those of the requests that left no event: they changed nothing (rule R9)."""
    events = AuditEvent.objects.filter(request_id__in=request_ids)
    return sorted(set(request_ids) - set(events.values_list("request_id", flat=True)))
