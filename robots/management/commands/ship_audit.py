"""Ship sealed audit events to the destinations of AUDIT_SHIP."""

from typing import Any

from robots.audit_shipping.shipping import Shipped, ship_all
from robots.management.command import DONE, Deed, Outcome

NOT_SHIPPED = 3


class Command(Deed):
    help = """\
Ship to every destination of AUDIT_SHIP the sealed events that it has yet to get.
Servers do so by themselves, every USAGE_FLUSH_SECONDS: call this to see why one does
not get any, before purge_audit, or from cron where USAGE_FLUSH_SECONDS is 0."""
    examples = ("manage.py ship_audit", "manage.py seal_audit && manage.py ship_audit")
    exit_codes = Deed.exit_codes | {
        NOT_SHIPPED: "a destination failed; it gets the rest the next time"
    }

    def perform(self, options: dict[str, Any]) -> Outcome:
        found = ship_all()
        failed = any(one.trouble for one in found)
        text = "\n".join(map(_line, found)) or "AUDIT_SHIP names no destination."
        facts = [
            {
                "to": one.to,
                "events": one.events,
                "trouble": one.trouble or None,
                "is_busy": one.is_busy,
            }
            for one in found
        ]
        return Outcome(text, {"shipped": facts}, NOT_SHIPPED if failed else DONE)


def _line(one: Shipped) -> str:
    if one.is_busy:
        return f"{one.to}: another server is shipping there."
    done = f"{one.to}: {one.events} event{'' if one.events == 1 else 's'}"
    return f"{done}, then {one.trouble}." if one.trouble else f"{done}."
