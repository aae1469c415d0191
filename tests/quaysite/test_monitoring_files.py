"""Dashboard, alert rules and the page about them: true to what /metrics says."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from quaysite.endpoints import ENDPOINTS
from quaysite.metrics.collector import GAUGES
from quaysite.metrics.families import COUNTERS, HISTOGRAMS
from tests import programs

BASE = Path(settings.BASE_DIR)
PAGE = (BASE / "docs" / "monitoring.md").read_text()
FOLDER = BASE / "deploy" / "prometheus"
RULES: dict[str, Any] = yaml.safe_load((FOLDER / "alerts.yml").read_text())
DASHBOARD: dict[str, Any] = json.loads(
    (BASE / "deploy" / "grafana" / "quaysite.json").read_text()
)

EXPOSED = {
    *(f"quaysite_{family.name}_total" for family in COUNTERS),
    *(
        f"quaysite_{family.name}_{end}"
        for family in HISTOGRAMS
        for end in ("bucket", "sum", "count")
    ),
    *(f"quaysite_{name}" for name in GAUGES),
}
"""test_metrics holds /metrics to it."""

LABELS: dict[str, set[str]] = {
    f"quaysite_{family.name}{end}": {*family.labels, "instance", "job", *more}
    for family in (*COUNTERS, *HISTOGRAMS)
    for end, more in [("_total", []), ("_bucket", ["le"]), ("_count", [])]
} | {
    f"quaysite_{name}": {*labels, "instance", "job"}
    for name, (_, labels) in GAUGES.items()
}
METRIC = re.compile(r"\b(quaysite_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"([^\"]*)\"")


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def alerts() -> list[str]:
    return [rule["alert"] for rule in rules() if "alert" in rule]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_metric_and_label_that_is_asked_for_is_there(expression: str) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    named = METRIC.findall(re.sub(r"\bquaysite:[\w:]+", "", expression))
    assert named or any(name in expression for name in recorded) or "up{" in expression
    for metric, selector in named:
        assert metric in EXPOSED
        for label, _ in LABEL.findall(selector):
            assert label in LABELS[metric]


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_value_that_is_asked_for_can_be_there(expression: str) -> None:
    by_metric = {
        f"quaysite_{family.name}{end}": dict(
            zip(family.labels, map(set, family.values), strict=True)
        )
        for family in (*COUNTERS, *HISTOGRAMS)
        for end in ("_total", "_bucket", "_count")
    }
    for metric, selector in METRIC.findall(expression):
        known = by_metric.get(metric, {})
        for label, value in LABEL.findall(selector):
            if label in known:
                assert set(value.split("|")) <= known[label]


def test_promtool_accepts_the_rules_and_each_alert_fires_when_it_should() -> None:
    promtool = programs.find("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: apt-get install prometheus")
    for command in (
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
    ):
        done = subprocess.run(
            [promtool, *command],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_to_fire() -> None:
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    fired = {
        case["alertname"]
        for test in tests
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert fired == set(alerts())


def test_every_alert_says_what_to_do() -> None:
    headings = re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(alerts())
    for rule in rules():
        if "alert" in rule:
            assert rule["annotations"]["runbook"] == (
                f"docs/monitoring.md#{rule['alert'].lower()}"
            )
            section = PAGE.partition(f"### {rule['alert']}\n")[2].partition("\n#")[0]
            assert "**Do**:" in section


def test_the_page_lists_every_metric_and_no_other() -> None:
    rows = re.findall(r"^\| `(quaysite_\w+)` \|", PAGE, re.MULTILINE)
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in EXPOSED}
    assert sorted(rows) == sorted(names)


@pytest.mark.parametrize("family", [*COUNTERS, *HISTOGRAMS], ids=lambda f: f.name)
def test_the_page_names_every_value_of_a_label(family: Any) -> None:
    table = PAGE.partition("Labels have only these values")[2].partition("\n## ")[0]
    for label, values in zip(family.labels, family.values, strict=True):
        if label != "code":
            assert {value for value in values if f"`{value}`" not in table} == set()


def test_the_page_knows_every_part_of_the_site() -> None:
    assert all(f"`{endpoint}`" in PAGE for endpoint in ENDPOINTS)


def test_panels_do_not_overlap_and_have_names_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])
        }
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
    for field in ("id", "title"):
        found = [panel[field] for panel in DASHBOARD["panels"]]
        assert len(found) == len(set(found))


def test_the_dashboard_uses_the_prometheus_that_is_chosen() -> None:
    names = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert names == {"datasource", "instance"}
    for panel in panels():
        assert panel["datasource"]["uid"] == "${datasource}"
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"]
