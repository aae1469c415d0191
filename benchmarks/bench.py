"""What all parts of a run share: its options, where it works, and who serves what."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cases import Case, Cases, bare, empty
from benchmarks.kinds import BARE, EMPTY, SITE, Kind
from benchmarks.options import Options
from benchmarks.rounds import Side, check
from benchmarks.servers import WORKERS, Server, serving
from benchmarks.site import Site


@dataclass(frozen=True)
class Bench:
    """One seeded site under test, with its cases."""

    options: Options
    site: Site
    cases: Cases

    @property
    def folder(self) -> Path:
        return self.site.folder

    @contextmanager
    def on(
        self,
        kind: Kind,
        of: str = SITE,
        workers: int = WORKERS,
        log_level: str = "WARNING",
    ) -> Iterator[Server]:
        """The site, or the empty view, on a server of its own."""
        environment = {**self.site.environment, "LOG_LEVEL": log_level}
        with serving(kind, of, self.folder, environment, workers) as server:
            yield server

    @contextmanager
    def both(
        self, kind: Kind, log_level: str = "WARNING"
    ) -> Iterator[tuple[Server, Server]]:
        """The site and the empty view, each on a server of this kind of its own."""
        with self.on(kind, log_level=log_level) as site, self.on(kind, EMPTY) as empty:
            yield site, empty

    @contextmanager
    def bare(self, kind: Kind) -> Iterator[Server]:
        """The bare token view on a server of this kind, on the site's database."""
        key = self.site.call("digest_key")
        environment = {**self.site.environment, "DIGEST_KEY": key}
        with serving(kind, BARE, self.folder, environment) as server:
            yield server

    def side(self, case: Case, server: Server) -> Side:
        """A case of the site that takes turns, once its answers are right."""
        check(case, server)
        return Side(case, server, self.site)

    def empty_side(self, server: Server) -> Side:
        return Side(empty(), server, self.site)

    def bare_side(self, server: Server) -> Side:
        return self.side(bare(self.site.world), server)
