"""What every section must know of the namespace that it stands in.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from robots.accessfile.grantees import Grantees
from robots.accessfile.problems import Problems


class TrustReader(Protocol):
    """What reading needs of `robots.accessfile.trusts.RobotTrusts`."""

    def keys(self) -> Sequence[str]: ...

    def check_count(self, count: int) -> None: ...

    def read(self, said: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Within:
    """The namespace, where problems are noted, and who reads trusts, if anybody."""

    namespace: str
    grantees: Grantees
    problems: Problems
    trusts: TrustReader | None
