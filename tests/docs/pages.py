"""Pages of the manual, and doing what one of them says."""

from pathlib import Path

from tests.docs.blocks import Block, blocks_of
from tests.docs.console import Step, agrees, steps_of
from tests.docs.shell import Shell

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
QUICK_START = "docs/quick-start.md"


def pages() -> list[str]:
    """Every page that is ours to keep true, from the root of the repository."""
    found = [ROOT / "README.md", ROOT / "deploy" / "README.md", *DOCS.rglob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks(page: str) -> list[Block]:
    """The blocks of a page; see `pages` for its name."""
    return blocks_of(ROOT / page, page)


def done(page: str, shell: Shell, places: dict[str, str]) -> list[str]:
    """Run the page from its top; the complaints.

    `places` are addresses as the page has them, and where they are for this run.
    """
    complaints = []
    for block in blocks(page):
        if not block.is_run:
            continue
        for step in steps_of(block):
            complaint = _complaint(block, step, shell, places)
            if complaint:
                complaints.append(complaint)
    return complaints


def _complaint(
    block: Block, step: Step, shell: Shell, places: dict[str, str]
) -> str | None:
    """What was wrong about one command, or None."""
    command = step.command
    for shown, real in places.items():
        command = command.replace(shown, real)
    if until := block.marks.get("background until"):
        printed, code = shell.start(command, until), 0
    else:
        printed, code = shell.run(command)
    for shown, real in places.items():
        printed = printed.replace(real, shown)
    if code == step.code and (
        block.language == "first" or agrees(step.output, printed)
    ):
        return None
    return (
        f"{block}\n$ {step.command}\n{printed}(exit code {code}; shown:)\n{step.output}"
    )
