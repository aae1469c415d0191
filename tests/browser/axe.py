"""axe-core's verdict on a page, as it is shown at this moment."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests import npm

_GRAVE = {"serious", "critical"}


def violations(page: Page) -> list[str]:
    """The serious and critical violations, each with the elements that have it."""
    folder = npm.find()
    if folder is None:
        pytest.fail(f"axe-core is missing: {npm.INSTALL}")
    # Evaluated, as the page's policy lets no script of another origin in.
    page.evaluate((folder / "axe-core" / "axe.min.js").read_text())
    # Whatever is fading in has no contrast yet.
    page.wait_for_timeout(300)
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run({resultTypes: ['violations']})).violations"
    )
    return [
        f"{item['id']}: {node['html'][:200]} {node['failureSummary']}"
        for item in found
        if item["impact"] in _GRAVE
        for node in item["nodes"]
    ]
