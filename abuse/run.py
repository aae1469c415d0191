"""One run: say what will be done, do it, say what came of it."""

import sys
import time
from collections.abc import Sequence

from abuse import cases, own_site, report
from abuse.case import Case
from abuse.finding import Unusable, target_at
from abuse.needs import Needs, NeedsInvalid, read
from abuse.options import Options
from abuse.origins import NotAllowed
from abuse.report import Report, Result
from abuse.target import Target
from abuse.verdict import Outcome


def main(options: Options) -> int:
    """0 if nothing failed, 1 if something did, 2 if it could not be run."""
    try:
        chosen = _chosen(options.only)
        if options.list_only:
            _list(chosen)
            return 0
        found = _run(options, chosen)
    except (NotAllowed, NeedsInvalid, Unusable, own_site.NoSite) as error:
        print(f"abuse: {error}", file=sys.stderr)
        return 2
    print(report.table(found, evidence=options.evidence))
    if options.json:
        options.json.write_text(report.as_json(found))
    if options.markdown:
        options.markdown.write_text(report.markdown(found))
    return 1 if found.count(Outcome.FAIL) else 0


def _run(options: Options, chosen: Sequence[Case]) -> Report:
    if options.url is not None:
        needs = read(options.needs) if options.needs else Needs()
        return attack(options.url, needs, options, chosen)
    with own_site.running() as site:
        return attack(site.url, site.needs, site.agreeing(options), chosen)


def attack(url: str, needs: Needs, options: Options, chosen: Sequence[Case]) -> Report:
    """Run the chosen cases. Raises NotAllowed or Unusable before the first of them."""
    begun = time.monotonic()
    with target_at(url, needs, options) as target:
        _announce(target, options, len(chosen))
        results = []
        for case in chosen:
            before = time.monotonic()
            verdict = case.judge(target)
            results.append(Result(case, verdict, time.monotonic() - before))
            _tell_progress(results)
    asker = target.asker
    took = time.monotonic() - begun
    return Report(url, results, asker.count, took, asker.secrets)


def _chosen(only: Sequence[str]) -> list[Case]:
    """Raises Unusable for a number that no case has."""
    if not only:
        return list(cases.ALL)
    found = [case for case in cases.ALL if _is_named(case, only)]
    for number in only:
        if not any(_is_named(case, [number]) for case in cases.ALL):
            raise Unusable(f"there is no case {number}")
    return found


def _is_named(case: Case, numbers: Sequence[str]) -> bool:
    """S-23 names S-23a too."""
    return case.number in numbers or case.number.rstrip("abc") in numbers


def _list(chosen: Sequence[Case]) -> None:
    for case in chosen:
        needed = "; ".join(need.value for need in case.needs) or "nothing"
        print(f"{case.number:6} {case.title:38} needs {needed}")


def _announce(target: Target, options: Options, count: int) -> None:
    changes = (
        "creates robots, repositories and trusts named abuse-..., and removes them"
        if options.allow_changes
        else "changes nothing"
    )
    places = ", ".join(sorted(map(str, target.asker.allowed)))
    print(
        f"Attacking {target.url}\n"
        f"  token service  {target.endpoint.realm}, service {target.endpoint.service}\n"
        f"  {count} cases, at most {options.most_requests} requests"
        f" and {options.most_seconds} seconds\n"
        f"  hostile logins, tokens and parameters; {changes}\n"
        f"  to no other place than {places}\n",
        flush=True,
    )


def _tell_progress(results: Sequence[Result]) -> None:
    if sys.stderr.isatty():
        last = results[-1]
        print(f"\r\033[K{last.case.number} {last.verdict.outcome.value}", end="",
              file=sys.stderr, flush=True)  # fmt: skip
