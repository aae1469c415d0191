"""Pages of the repository that are not in docs/: where they are in the site.

Their links, and links to them, are written for who reads the repository.
"""

import posixpath
import re
from collections.abc import Callable

PAGES = (
    "CHANGELOG.md",
    "benchmarks/FAULTS.md",
    "benchmarks/README.md",
    "benchmarks/RESULTS.md",
    "deploy/README.md",
)

FOLDER = "repository"
"""Where they are in the site, as if it were a folder of docs/."""

_LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")


def place(path: str) -> str:
    """Where a file of the repository is in the site; `path` is from its root.

    Raises ValueError for one that the site has not.
    """
    if path in PAGES:
        return f"{FOLDER}/{path}"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    raise ValueError(f"{path} is not in the site: see manual/outside.py")


def with_links_of_the_site(text: str, page: str) -> str:
    """`text` of `page` (from docs/) with links between files as the site has them."""
    home = page.removeprefix(f"{FOLDER}/") if page.startswith(f"{FOLDER}/") else ""
    source = home or f"docs/{page}"
    return _LINK.sub(_rewriter(source, page), text)


def _rewriter(source: str, page: str) -> Callable[[re.Match[str]], str]:
    """What makes a link of the file `source` one of the site's `page`."""

    def rewritten(found: re.Match[str]) -> str:
        before, target, after = found.groups()
        path = posixpath.normpath(
            posixpath.join(posixpath.dirname(source), target.rstrip("/"))
        )
        there = posixpath.relpath(place(path), posixpath.dirname(page) or ".")
        return f"{before}{there}{after}"

    return rewritten
