"""Tell the demo's story: do each step, print it, and judge what came back."""

from collections.abc import Callable, Iterable

from quaysite.quickstart.clients import Result
from quaysite.quickstart.story import Step

_MOST_LINES = 4
"""Lines of output that are shown; a debug log has dozens."""


def tell(steps: Iterable[Step], say: Callable[[str], object]) -> list[str]:
    """Do and print every step; the titles of those that differ from the story."""
    failed = []
    for number, step in enumerate(steps, start=1):
        say(f"\n{number}. {step.title}")
        result = step.act()
        say(f"   $ {result.command}")
        for line in excerpt(result.output, step.says):
            say(f"     {line}")
        problem = judge(step, result)
        say(f"   FAILED: {problem}" if problem else f"   ok: {_verdict(step, result)}")
        if problem:
            failed.append(f"{number}. {step.title}")
    return failed


def judge(step: Step, result: Result) -> str | None:
    """What differs from the story; None if all is as told."""
    if (result.code == 0) != step.succeeds:
        wanted = "success" if step.succeeds else "a refusal"
        return f"exit code {result.code}, where {wanted} was expected"
    if step.says not in result.output:
        return f"the output does not say {step.says!r}"
    if step.also is not None and not step.also[1]():
        return f"it is not so that {step.also[0]}"
    return None


def excerpt(output: str, wanted: str) -> list[str]:
    """The line with the wanted text if there is one, else the last lines."""
    lines = [line for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if wanted and wanted in line]
    return telling[-1:] or lines[-_MOST_LINES:]


def _verdict(step: Step, result: Result) -> str:
    outcome = "it worked" if result.code == 0 else f"refused, exit code {result.code}"
    return f"{outcome}, and {step.also[0]}" if step.also else outcome
