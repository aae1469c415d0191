"""Bytes as a plan: how a good text is to be bent, and what is to be signed."""


def bent(good: str, plan: bytes) -> str:
    """`good` with one piece replaced: two bytes say where, one how much, the rest what.

    No plan at all leaves it as it is.
    """
    if len(plan) < 3:
        return good
    start = int.from_bytes(plan[:2]) % (len(good) + 1)
    return good[:start] + plan[3:].decode("latin-1") + good[start + plan[2] :]


def halves(plan: bytes) -> tuple[bytes, bytes]:
    """What stands on the first line, and the rest."""
    first, _, rest = plan.partition(b"\n")
    return first, rest
