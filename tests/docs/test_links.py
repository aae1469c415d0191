"""Where the pages lead: to files, headings and pictures that are there."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs import pages

ROOT = pages.ROOT
PAGES = [*pages.pages(), "CHANGELOG.md", "benchmarks/README.md"]

_CODE = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)
_LITERAL = re.compile(r"(`+)(?!`).+?\1", re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+?)\s*$", re.M)


def prose(page: str) -> str:
    """A page without its code, in which brackets are no links."""
    return _LITERAL.sub("`code`", _CODE.sub("", (ROOT / page).read_text()))


def links(page: str) -> list[str]:
    return _LINK.findall(prose(page))


@cache
def anchors(page: Path) -> set[str]:
    """As repository viewers make them of headings; the second alike gets a `-1`."""
    found: dict[str, int] = {}
    made = set()
    for title in _HEADING.findall(_CODE.sub("", page.read_text())):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = found.get(slug, 0)
        found[slug] = number + 1
        made.add(f"{slug}-{number}" if number else slug)
    return made


def fault(page: str, link: str) -> str | None:
    """What is wrong with a link, or None."""
    parts = urlsplit(link)
    if parts.scheme:
        good = parts.scheme in ("http", "https", "mailto") and (
            parts.scheme == "mailto" or parts.hostname
        )
        return None if good else f"{link}: no address"
    target = (ROOT / page).parent / parts.path if parts.path else ROOT / page
    if not target.exists():
        return f"{link}: not there"
    if not target.resolve().is_relative_to(ROOT):
        return f"{link}: outside of the repository"
    if parts.fragment and parts.fragment not in anchors(target):
        return f"{link}: no such heading"
    return None


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    faults = [found for link in links(page) if (found := fault(page, link))]
    assert faults == []


@pytest.mark.parametrize(
    ("link", "is_good"),
    [
        ("README.md", True),
        ("docs/commands.md#create_robot", True),
        ("docs/commands.md#no-such-command", False),
        ("docs/nowhere.md", False),
        ("https://example.com/", True),
        ("https://", False),
        ("ftp://example.com/", False),
        ("../elsewhere.md", False),
    ],
)
def test_the_faults_of_links_are_found(link: str, is_good: bool) -> None:
    assert (fault("README.md", link) is None) is is_good


def pictures_of(page: str) -> set[Path]:
    return {
        ((ROOT / page).parent / link).resolve()
        for link in links(page)
        if link.endswith((".png", ".svg"))
    }


def test_every_picture_is_used() -> None:
    """The dark one of a pair is used with the light one, by the site."""
    used = {path for page in PAGES for path in pictures_of(page)}
    used |= {Path(str(path).replace("-light.", "-dark.")) for path in used}
    there = {
        path.resolve()
        for folder in ("screenshots", "diagrams")
        for path in (pages.DOCS / folder).iterdir()
    }
    assert sorted(there - used) == []
    assert all(path.exists() for path in used)


def test_names_of_files_are_of_files_that_are_there() -> None:
    """What a contributor is told to touch, and what a request meets on its way."""
    name = re.compile(
        r"`((?:robots|federation|registryauth|quaysite|tests|docs|deploy|benchmarks"
        r"|manual|clients|templates)/[\w./-]*)`"
    )
    text = "".join(
        (pages.DOCS / page).read_text() for page in ("contributing.md", "token-flow.md")
    )
    names = set(name.findall(text))
    assert len(names) > 60
    assert [path for path in sorted(names) if not (ROOT / path).exists()] == []
