"""What Prometheus reads at /metrics, as numbers by name and labels."""

from collections.abc import Iterable

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "canary-of-the-metrics-token-0123456789"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}

Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


def numbers_in(text: str) -> Numbers:
    """Every sample of a scrape."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def number(numbers: Numbers, name: str, **labels: str) -> float:
    """The one sample of that name and those labels, or KeyError."""
    return numbers[f"quaysite_{name}", frozenset(labels.items())]


def total(numbers: Numbers, name: str, **labels: str) -> float:
    """All samples of that name that have those labels, added up."""
    wanted = labels.items()
    return sum(
        value
        for (of, has), value in numbers.items()
        if of == f"quaysite_{name}" and wanted <= has
    )


def names_in(numbers: Iterable[tuple[str, object]]) -> set[str]:
    return {name for name, _ in numbers}


def scrape(client: Client) -> Numbers:
    """What GET /metrics says to whoever shows the token."""
    response = client.get("/metrics", headers=HEADERS)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "no-store" in response["Cache-Control"]
    return numbers_in(response.content.decode())
