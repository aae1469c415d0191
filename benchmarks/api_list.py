"""A page of 100 robots with permissions and teams, beside the same page without.

`python -m benchmarks.api_list` on a seeded database: CPU milliseconds a page in this
process, the least of several rounds in turn. The database's own time is not in it.
"""

import argparse
import time

from django.db import transaction

from benchmarks.questions import owners_client
from tests.api.local import LocalClient

_PAGE = "/api/v1/organization/org-0/robots?limit=100&token=false"
PAGES = {
    "without": _PAGE,
    "with permissions and teams": f"{_PAGE}&permissions=true",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--pages", type=int, default=20, help="of one round")
    given = parser.parse_args()
    with transaction.atomic():
        client = owners_client("person-0")
        best = dict.fromkeys(PAGES, float("inf"))
        for _ in range(given.rounds):
            for name, path in PAGES.items():
                best[name] = min(best[name], _cpu(client, path, given.pages))
        transaction.set_rollback(True)
    baseline = best["without"]
    for name, milliseconds in best.items():
        print(f"{name:28} {milliseconds:7.2f} ms  ratio {milliseconds / baseline:.2f}")


def _cpu(client: LocalClient, path: str, pages: int) -> float:
    """Milliseconds a page; raises RuntimeError for any other answer."""
    start = time.process_time()
    for _ in range(pages):
        answer = client.get(path, Host="127.0.0.1")
    if answer.status != 200 or answer.text.count('"created"') != 100:
        raise RuntimeError(f"{path}: {answer.status}")
    return (time.process_time() - start) * 1000 / pages


if __name__ == "__main__":
    main()
