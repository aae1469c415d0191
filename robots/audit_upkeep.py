"""Sealing and shipping audit events, in the thread that writes the last uses.

Every server tries, every USAGE_FLUSH_SECONDS; one of them does it. What one round does
not finish is left to the next, so that last uses are written in time.
"""

import logging
from functools import cache

from robots import conf
from robots.audit_chain.sealing import ChainBroken, Sealer
from robots.audit_shipping.shipping import ship_all
from robots.outage import OUTAGES
from robots.usage import usage

logger = logging.getLogger(__name__)

SECONDS = 5.0
"""For each of the two."""

PATIENCE = 1.0
"""Seconds to wait for whoever is writing events just now."""


def keep_audit() -> None:
    """One round; what fails is logged, and tried again in the next.

    What is sealed is shipped also where no more can be: just then somebody may have
    tampered with it here.
    With USAGE_FLUSH_SECONDS=0 there is no round: `seal_audit` and `ship_audit` do it.
    """
    if conf.usage_flush_seconds() <= 0:
        return
    _seal()
    _ship()


def _seal() -> None:
    try:
        _sealer().seal(seconds=SECONDS, patience=PATIENCE)
    except ChainBroken as error:
        logger.error("audit events not sealed: %s", error.message)
    except OUTAGES as error:
        logger.warning("audit events not sealed: %s", type(error).__name__)


def _ship() -> None:
    try:
        for shipped in ship_all(SECONDS):
            if shipped.trouble:
                logger.warning(
                    "audit events not shipped to %s: %s", shipped.to, shipped.trouble
                )
    except OUTAGES as error:
        logger.warning("audit events not shipped: %s", type(error).__name__)


@cache
def _sealer() -> Sealer:
    return Sealer()


usage.also_flush(lambda: keep_audit())
