"""Everything that a scrape is told, as prometheus_client writes it out."""

import platform
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils import timezone
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

import quaysite
from quaysite.metrics.families import COUNTERS, HISTOGRAMS, PREFIX, Family
from quaysite.metrics.inventory import Gauge, inventory
from quaysite.metrics.publishing import publisher
from quaysite.readiness import probe
from registryauth import conf
from registryauth.key_rotation import KeyState, steps
from registryauth.keys import KeyStoreError
from registryauth.signer import key_store
from robots.tallies import BOUNDS, SUM, Counts

GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "build_info": ("The version that runs; always 1.", ("version", "python")),
    "workers": ("Worker processes whose counts are added up here.", ()),
    "ready": ("1 where /readyz is 200.", ()),
    "component_up": ("1 where /readyz calls it ok.", ("component",)),
    "database_up": ("1 where the database answers.", ()),
    "inventory_up": ("1 where the numbers of the database could be had.", ()),
    "logins_blocked": ("Names and addresses whose logins wait now, by worker.", ()),
    "usage_unwritten": ("Entries in memory that wait to be written.", ("what",)),
    "signing_key_age_seconds": (
        "Since the active key signs; since the oldest next key was made.",
        ("state",),
    ),
    "signing_key_step_due_timestamp_seconds": (
        "When the next step of the rotation is due, where keys rotate.",
        ("step",),
    ),
    "robots": ("Robot accounts.", ("state",)),
    "secrets_expiring": ("Live ones that end within that time.", ("kind", "within")),
    "emergency_switches_on": ("Emergency switches that are on.", ("target",)),
    "audit_unsealed_events": ("Audit events that no seal covers yet.", ()),
    "audit_unsealed_age_seconds": ("Since the oldest of them was written.", ()),
    "audit_unshipped_events": (
        "Audit events that a destination has yet to get.",
        ("destination",),
    ),
    "audit_unshipped_age_seconds": (
        "Since the oldest of them was written.",
        ("destination",),
    ),
    "expiry_notices": ("Expiry notices that are not told.", ("channel", "state")),
    "database_connections": ("Connections to the database (PostgreSQL).", ()),
}
"""Gauges: what they say, and their labels."""


class SiteCollector(Collector):
    """Collects anew at each scrape. What cannot be had is left out."""

    def collect(self) -> Iterator[Metric]:
        """Every metric of the site."""
        counted = publisher.sum_up()
        yield from (_counter(family, counted.totals) for family in COUNTERS)
        yield from (_histogram(family, counted.totals) for family in HISTOGRAMS)
        waiting = [
            Gauge("usage_unwritten", (what,), number)
            for what, number in counted.waiting.items()
        ]
        own = [
            Gauge("workers", (), counted.workers),
            Gauge("logins_blocked", (), counted.blocked),
        ]
        yield from _gauges([*own, *waiting, *_state(), *_signing_keys()])


def _counter(family: Family, totals: Counts) -> Metric:
    metric = CounterMetricFamily(
        PREFIX + family.name, family.help, labels=family.labels
    )
    for values in family.series():
        metric.add_metric(values, totals.get((family.name, *values), 0))
    return metric


def _histogram(family: Family, totals: Counts) -> Metric:
    """Each bucket holds those below it too, as Prometheus has them."""
    metric = HistogramMetricFamily(
        PREFIX + family.name, family.help, labels=family.labels
    )
    ends = [*map(floatToGoString, BOUNDS), "+Inf"]
    for values in family.series():
        below, buckets = 0.0, []
        for number, end in enumerate(ends):
            below += totals.get((family.name, *values, number), 0)
            buckets.append((end, below))
        seconds = totals.get((family.name, *values, SUM), 0)
        metric.add_metric(values, buckets, seconds)
    return metric


def _state() -> Iterator[Gauge]:
    yield Gauge("build_info", (quaysite.__version__, platform.python_version()), 1)
    found = probe.readiness()
    yield Gauge("ready", (), found.is_ready)
    yield Gauge("database_up", (), found.database)
    for component, works in found._asdict().items():
        yield Gauge("component_up", (component,), works)
    counted = inventory.gauges() if found.database else None
    yield Gauge("inventory_up", (), counted is not None)
    yield from counted or ()


def _signing_keys() -> Iterator[Gauge]:
    """Read from the files: all servers have the same ones."""
    now = timezone.now()
    schedule = conf.signing_key_schedule()
    try:
        keys = key_store().known()
    except (KeyStoreError, OSError):
        return
    for state in (KeyState.ACTIVE, KeyState.NEXT):
        ages = [(now - key.since).total_seconds() for key in keys if key.state is state]
        if ages:
            yield Gauge("signing_key_age_seconds", (state.value,), max(ages))
    if schedule.signs:
        due = steps(keys, schedule)[0]
        at = due.due.timestamp()
        yield Gauge("signing_key_step_due_timestamp_seconds", (due.deed.value,), at)


def _gauges(found: Iterable[Gauge]) -> Iterable[Metric]:
    metrics: dict[str, Any] = {}
    make: Callable[..., GaugeMetricFamily] = GaugeMetricFamily
    for name, labels, number in found:
        if name not in metrics:
            text, names = GAUGES[name]
            metrics[name] = make(PREFIX + name, text, labels=names)
        metrics[name].add_metric(labels, float(number))
    return metrics.values()
