"""Raw signing: how many signatures one processor makes, whatever is around them."""

from benchmarks.bench import Bench
from benchmarks.report import Report, Table

_CLAIMS = {
    "iss": "quaysite",
    "sub": "org-0+ci-0",
    "aud": "registry.example.test",
    "iat": 1_800_000_000,
    "nbf": 1_800_000_000,
    "exp": 1_800_000_300,
    "jti": "0123456789abcdef0123456789abcdef",
    "access": [{"type": "repository", "name": "org-0/app-0", "actions": ["pull"]}],
    "context": {
        "version": 2,
        "entity_kind": "robot",
        "entity_reference": "org-0+ci-0",
        "kind": "user",
        "user": "org-0+ci-0",
    },
}


def measure(bench: Bench) -> Report:
    """ES256 by the key alone, and of a whole registry token."""
    found = bench.site.call("signatures", claims=_CLAIMS)
    rows = [(by, f"{rate:.0f}", f"{1e6 / rate:.1f}") for by, rate in found.items()]
    header = ("by", "signatures/s", "us each")
    note = "One process, CPU time alone; claims of a token for one repository."
    title = f"Raw signing, ES256, on {bench.site.engine}"
    return Report(tables=[Table(title, header, rows, note)])
