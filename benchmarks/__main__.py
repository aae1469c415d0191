"""Measure it all, and write benchmarks/RESULTS.md. `python -m benchmarks --help`"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import autogroups, load, machine, options, report, run

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    wanted = options.parse()
    load.require_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server_url = stack.enter_context(run.postgresql(wanted))
        sharing = stack.enter_context(autogroups.switched_off())
        on = machine.table(server_url, [machine.wrk(), sharing])
        found = run.everything(wanted, folder, server_url)
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    text = report.markdown(found, on, command)
    RESULTS.write_text(text)
    print(text)
    print(f"Written to {RESULTS}", file=sys.stderr)


if __name__ == "__main__":
    main()
