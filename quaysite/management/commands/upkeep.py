"""All that a site has to do by the clock, in one command for one timer."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from django.core.management import call_command
from django.core.management.base import CommandParser
from django.utils import timezone

from federation.management.commands import purge_expired
from quaysite.management.commands import send_expiry_notices
from registryauth import conf as registry_conf
from registryauth.keys import KeyStoreError
from registryauth.management.commands import signing_keys
from registryauth.signer import rotate_due
from robots import conf
from robots.errors import DomainError
from robots.management.command import DONE, PENDING, Deed, Outcome
from robots.management.commands import disable_idle_robots

logger = logging.getLogger(__name__)

INCOMPLETE = 4


class Task(NamedTuple):
    """`run` is told whether it is a dry run; None where a setting turns it off."""

    name: str
    run: Callable[[bool], Outcome | None]


class Command(Deed):
    help = """\
Do all that is due: delete what has ended (clearsessions, cleartokens, purge_expired),
disable idle robots (ROBOT_IDLE_DAYS), tell what ends soon (send_expiry_notices), and
change signing keys (signing_keys rotate, REGISTRY_SIGNING_KEY_DAYS). Each task does
what the command of its name does, and nothing where its setting is off.

Call it once an hour; it may run beside the site, and on several servers at once. A task
that fails is told and does not keep the others from being done."""
    examples = (
        "manage.py upkeep",
        "manage.py upkeep --dry-run",
        "manage.py upkeep --json",
    )
    exit_codes = {  # noqa: RUF012 - as the base class has it
        DONE: "done, or nothing to do",
        PENDING: "a dry run in which there is something to do",
        INCOMPLETE: "at least one task failed; the others were done",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="Only tell what is due."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        lines, facts, codes = [], {}, set()
        for task in TASKS:
            outcome = _attempt(task, options["dry_run"])
            codes.add(outcome.exit_code)
            facts[task.name] = outcome.facts
            lines.append(f"{task.name}: {outcome.text}")
        return Outcome("\n".join(lines), facts, _worst(codes))


def _attempt(task: Task, dry_run: bool) -> Outcome:
    try:
        outcome = task.run(dry_run)
    except DomainError as error:
        return _failure(error.message)
    # Whatever it is, the other tasks are as urgent as before.
    except Exception as error:
        logger.exception("upkeep: %s failed", task.name)
        return _failure(type(error).__name__)
    return outcome or Outcome("off", {"off": True})


def _failure(reason: str) -> Outcome:
    return Outcome(f"FAILED: {reason}", {"error": reason}, INCOMPLETE)


def _worst(codes: set[int]) -> int:
    if codes <= {DONE}:
        return DONE
    return PENDING if codes <= {DONE, PENDING} else INCOMPLETE


def _purge(dry_run: bool) -> Outcome:
    return purge_expired.Command().perform({"dry_run": dry_run})


def _disable_idle(dry_run: bool) -> Outcome | None:
    days = conf.robot_idle_days()
    if not days:
        return None
    everywhere: dict[str, Any] = {"namespace": None, "robot": [], "except": []}
    options = everywhere | {"days": days, "dry_run": dry_run}
    return disable_idle_robots.Command().perform(options)


def _rotate_keys(dry_run: bool) -> Outcome | None:
    if registry_conf.signing_key_schedule().signs is None:
        return None
    try:
        taken = rotate_due(timezone.now(), dry_run=dry_run)
    except KeyStoreError as error:
        raise DomainError(str(error)) from None
    if dry_run:
        told = [f"would {signing_keys.to_do(step)}" for step in taken]
    else:
        told = [signing_keys.done(step) for step in taken]
    code = PENDING if dry_run and taken else DONE
    return Outcome("; ".join(told) or "nothing is due", {"keys": told}, code)


def _clear(command: str, dry_run: bool) -> Outcome:
    """Sessions and OAuth tokens that have expired, which nobody counts beforehand."""
    if dry_run:
        return Outcome("not looked at", {})
    call_command(command)
    return Outcome("done", {})


TASKS = (
    Task("clearsessions", partial(_clear, "clearsessions")),
    Task("cleartokens", partial(_clear, "cleartokens")),
    Task("purge_expired", _purge),
    Task("disable_idle_robots", _disable_idle),
    Task("send_expiry_notices", send_expiry_notices.send),
    Task("signing_keys", _rotate_keys),
)
"""In this order: nobody is told of what was just disabled."""
