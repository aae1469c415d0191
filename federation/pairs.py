"""Trusts that are named by Quay's two fields alone, and which ones they are. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from federation.entries import Entry
from federation.errors import TrustInvalid, shown


class Pair(NamedTuple):
    """Issuer and subject, from a client that may not know of anything else."""

    issuer: str
    subject: str

    @property
    def plain(self) -> Entry:
        """The trust that says this and nothing more."""
        return Entry(self.issuer, self.subject)


Wanted = Entry | Pair
"""An entry is meant as it is; a pair may stand for a trust that says more."""


def literal(wanted: Wanted) -> Entry:
    """What is wanted, if there was no trust before."""
    return wanted.plain if isinstance(wanted, Pair) else wanted


def whole(wanted: Sequence[Wanted], held: Sequence[Entry]) -> list[Entry]:
    """What a robot that has `held` is to have, in the order of `wanted`.

    Whoever sends two fields back does not ask for the rest to be dropped: a pair
    stands for the held trust that has it. Raises TrustInvalid where it could be any
    of several, or one with keys of its own.
    """
    return [_whole(it, held) if isinstance(it, Pair) else it for it in wanted]


def _whole(pair: Pair, held: Sequence[Entry]) -> Entry:
    same = [entry for entry in held if entry.pair == pair]
    if not same or pair.plain in same:
        return pair.plain
    if len(same) > 1:
        raise TrustInvalid(
            f"{len(same)} trusts have the issuer {shown(pair.issuer)!r} and the"
            f" subject {shown(pair.subject)!r}: say which by its other fields"
        )
    if same[0].keys:
        # Keys let in whom the issuer does not know: they are not kept unseen.
        raise TrustInvalid(
            f"The trust of {shown(pair.subject)!r} brings its own keys: name them, or"
            " change it through trusts"
        )
    return same[0]
