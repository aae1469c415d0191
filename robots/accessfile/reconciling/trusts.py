"""Trusts of the robots of a file: who outside may act as one."""

import json
from collections.abc import Iterable, Sequence

from robots.accessfile.reconciling.site import Site
from robots.accessfile.trusts import RobotTrusts, TrustFacts, keeper
from robots.batches import batches
from robots.models import Robot

TRUSTS = "trusts"


def settle(site: Site) -> None:
    """Make the trusts that are listed, robot by robot."""
    listed = {
        name: said
        for name, said in sorted((site.said.robots or {}).items())
        if said.trusts is not None
    }
    if not listed:
        return
    keeps = keeper()
    if keeps is None:
        line = next(iter(listed.values())).line
        raise site.refused(line, "no app here keeps trusts of robots")
    _lock(site.robots[name].pk for name in listed)
    held = keeps.held(site.namespace)
    for name, said in listed.items():
        with site.at(said.line):
            robot = site.robots[name]
            _settle(site, keeps, robot, held.get(name, ()), said.trusts or ())


def _lock(keys: Iterable[int]) -> None:
    """Keep everybody else from changing the trusts of these robots.

    Whoever changes trusts locks the row of their robot first. In the order of their
    keys, so that two who lock many wait for each other and not both for one another.
    """
    for batch in batches(sorted(keys)):
        rows = Robot.objects.select_for_update(no_key=True).filter(pk__in=batch)
        list(rows.order_by("pk").values_list("pk"))


def _settle(
    site: Site,
    keeps: RobotTrusts,
    robot: Robot,
    held: Sequence[TrustFacts],
    said: Sequence[TrustFacts],
) -> None:
    before, listed = _texts(held), _texts(said)
    new = [text for text in listed if text not in before]
    others = [text for text in before if text not in listed]
    if not site.prunes:
        site.leave(len(others))
        # What is there and not listed keeps its place before what is new.
        listed = listed if not others else [*before, *new]
    if listed == before:
        return
    keeps.set(robot, [json.loads(text) for text in listed], site.by)
    gone = len(before) - len(set(before) & set(listed))
    _tell(site, robot, len(before), len(new), gone)


def _tell(site: Site, robot: Robot, before: int, new: int, gone: int) -> None:
    name, ledger = robot.full_name, site.ledger
    if not before:
        ledger.add(TRUSTS, name, f"{new} new", widens=True)
    elif not new and gone:
        words = f"all {gone}" if gone == before else f"{gone} of {before}"
        ledger.remove(TRUSTS, name, words)
    else:
        details = [f"{new} new, {gone} removed"] if new or gone else ["other order"]
        ledger.change(TRUSTS, name, details, widens=new > 0, removes=gone > 0)


def _texts(trusts: Sequence[TrustFacts]) -> list[str]:
    """Each as text: of JSON, 1 is not true."""
    return [json.dumps(trust, sort_keys=True) for trust in trusts]
