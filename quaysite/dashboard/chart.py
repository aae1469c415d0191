"""Tokens issued over time, as the theme's chart wants it and as a table."""

import json
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum

from quaysite.dashboard.rows import Rows

DAYS = 30

OPTIONS = json.dumps(
    {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "maxBarThickness": 20,
        "borderRadius": 3,
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {
                "grid": {"display": False},
                "ticks": {"color": "#6b7280", "maxTicksLimit": 8, "maxRotation": 0},
            },
            "y": {
                "beginAtZero": True,
                "border": {"display": False},
                "grid": {},
                "ticks": {"color": "#6b7280", "precision": 0, "maxTicksLimit": 5},
            },
        },
    }
)
"""How the theme's script draws; the grey is legible on light and dark."""


def issued_by_day(rows: Rows) -> list[tuple[date, int]]:
    """Each of the last DAYS days (UTC), today last, with the tokens issued on it."""
    today = rows.now.date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    counted = rows.issued(rows.now - timedelta(days=DAYS)).values("day").order_by()
    by_day = dict(counted.annotate(total=Sum("count")).values_list("day", "total"))
    return [(day, by_day.get(day, 0)) for day in days]


def chart_data(days: list[tuple[date, int]]) -> str:
    """The JSON that the theme's script draws."""
    data: dict[str, Any] = {
        "labels": [f"{day:%b} {day.day}" for day, _ in days],
        "datasets": [
            {
                "label": "Registry tokens issued",
                "data": [count for _, count in days],
                "backgroundColor": "var(--color-primary-600)",
                "displayYAxis": True,
            }
        ],
    }
    return json.dumps(data)
