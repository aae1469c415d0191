"""Break what a site leans on, and write benchmarks/FAULTS.md.

`python -m benchmarks.faults --help`
"""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks import machine
from benchmarks.faults import report, run
from benchmarks.faults.faults import FAULTS, Fault
from benchmarks.faults.stage import Stage, staged
from tests import programs

RESULTS = Path(__file__).parents[1] / "FAULTS.md"

_NEEDED = ("initdb", "redis-server", "docker-registry", "skopeo")


def main() -> int:
    """0 if the site stood all faults as it should, else 1."""
    wanted = _wanted()
    _require_programs()
    # Servers are stopped, and thawed, also where a time limit ends this.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder, staged(Path(folder)) as stage:
        on = machine.table(stage.cluster.url(), _versions())
        rows = run.everything(stage, wanted)
        audit = _audit(stage)
    command = " ".join(["python -m benchmarks.faults", *sys.argv[1:]])
    text = report.markdown(rows, on, audit, command)
    RESULTS.write_text(text)
    print(text)
    print(f"Written to {RESULTS}", file=sys.stderr)
    return 0 if all(isinstance(it, str) or it.is_met for _, it in rows) else 1


def _wanted() -> list[Fault]:
    keys = [fault.key for fault in FAULTS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults", description=__doc__
    )
    parser.add_argument("--only", nargs="+", choices=keys, default=keys)
    only = parser.parse_args().only
    return [fault for fault in FAULTS if fault.key in only]


def _require_programs() -> None:
    for program in _NEEDED:
        if programs.find(program) is None:
            package = programs.PACKAGES[program]
            raise SystemExit(f"{program} is missing: apt-get install {package}")


def _audit(stage: Stage) -> str:
    """What the site says of its own audit, all of it sealed."""
    stage.site.manage("seal_audit")
    said = json.loads(stage.site.manage("verify_audit", "--json"))
    sound = "sound" if said["sound"] else "NOT SOUND"
    return f"{sound}, {said['events']} events, {said['seals']} seals"


def _versions() -> list[tuple[str, str]]:
    registry = str(programs.find("docker-registry"))
    redis = machine.said(str(programs.find("redis-server")), "--version")
    return [
        ("Redis", redis.partition(" sha=")[0]),
        ("registry", machine.said(registry, "--version").removeprefix(f"{registry} ")),
    ]


if __name__ == "__main__":
    sys.exit(main())
