"""Hooks of MkDocs: pages from outside docs/, pictures for both grounds, diagrams.

And nothing in a page is loaded from another host.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from manual import lists, outside

_LIGHT = re.compile(r"!\[([^\]]*)\]\(([^)]*screenshots/[^)]*)-light\.png\)")
_OUTSIDE = re.compile(
    r"<(?:audio|iframe|img|link(?![^>]*rel=.?(?:canonical|prev|next))|script|source"
    r"|video)\b[^>]*\s(?:src|href|srcset)="
    r"[\"']?(?:https?:)?//[^>]*>"
)
_DIAGRAM = re.compile(r'<p><img[^>]*src="[^"]*diagrams/([\w-]+[.]svg)"[^>]*></p>')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are elsewhere in the repository."""
    root = Path(config.docs_dir).parent
    for path in outside.PAGES:
        place = outside.place(path)
        files.append(File.generated(config, place, abs_src_path=str(root / path)))
    return files


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Rewrite what repository viewers and Python-Markdown read differently."""
    text = outside.with_links_of_the_site(markdown, page.file.src_uri)
    text = _LIGHT.sub(
        r"![\1](\2-light.png#only-light)![\1](\2-dark.png#only-dark)", text
    )
    return lists.widened(text)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make diagrams part of the page, so that they take its colours."""
    folder = Path(config.docs_dir) / "diagrams"
    return _DIAGRAM.sub(lambda found: _inlined(folder / found[1]), html)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Raise PluginError if the page would load anything from another host."""
    if found := _OUTSIDE.search(output):
        raise PluginError(f"{page.file.src_uri} loads from elsewhere: {found[0]}")
    return output


def _inlined(path: Path) -> str:
    return f'<div class="drawing">{path.read_text().strip()}</div>'
