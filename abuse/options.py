"""The command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path

_AFTER = """\
Exit codes: 0 nothing failed, 1 something did, 2 it could not be run as asked.
docs/abuse-kit.md describes the file of needs and each case."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; without `url` a Quaysite of its own is attacked."""

    url: str | None = None
    needs: Path | None = None
    only: tuple[str, ...] = ()
    allow_changes: bool = False
    may_test: bool = False
    ca_file: str | None = None
    json: Path | None = None
    markdown: Path | None = None
    most_requests: int = 4000
    most_seconds: int = 300
    flood: int = 100
    evidence: bool = False
    list_only: bool = False


def parse(arguments: list[str] | None = None) -> Options:
    """The options of a command line. Exits with 2 and a message for a wrong one."""
    parser = argparse.ArgumentParser(
        prog="python -m abuse",
        description="Attack a registry's token service that you may test, and see"
        " what it withstands.",
        epilog=_AFTER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "url", nargs="?", metavar="URL",
        help="of the registry, whose /v2/ names the token service; without it a"
        " Quaysite is started, attacked and thrown away",
    )  # fmt: skip
    parser.add_argument("--needs", type=Path, metavar="FILE", help="TOML or JSON")
    parser.add_argument("--only", metavar="S-23,H-02", help="these cases alone")
    parser.add_argument(
        "--allow-changes", action="store_true",
        help="create robots, repositories and trusts named abuse-..., and remove them",
    )  # fmt: skip
    parser.add_argument(
        "--i-may-test-this", action="store_true",
        help="needed for a URL that is not this machine: its owner agrees",
    )  # fmt: skip
    parser.add_argument("--ca-file", metavar="FILE", help="PEM that its TLS is of")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="the table")
    parser.add_argument("--most-requests", type=int, default=4000, metavar="N")
    parser.add_argument("--most-seconds", type=int, default=300, metavar="N")
    parser.add_argument("--flood", type=int, default=100, metavar="N", help="of S-14")
    parser.add_argument("--evidence", action="store_true", help="print all of it")
    parser.add_argument("--list", action="store_true", help="the cases and their needs")
    given = parser.parse_args(arguments)
    return Options(
        url=given.url.rstrip("/") if given.url else None,
        needs=given.needs,
        only=tuple(given.only.split(",")) if given.only else (),
        allow_changes=given.allow_changes,
        may_test=given.i_may_test_this,
        ca_file=given.ca_file,
        json=given.json,
        markdown=given.markdown,
        most_requests=given.most_requests,
        most_seconds=given.most_seconds,
        flood=given.flood,
        evidence=given.evidence,
        list_only=given.list,
    )
