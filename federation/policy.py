"""Whether a trust may be stored: its own rules, the linter's, then the operator's."""

from collections.abc import Sequence

from federation import conf, linter
from federation.entries import Entry, check_entries
from federation.errors import TrustInvalid


def check_allowed(entries: Sequence[Entry]) -> None:
    """Raise TrustInvalid for what cannot be, is too broad, or is not allowed here."""
    check_entries(entries)
    for entry in entries:
        linter.check(entry)
        _check_operator(entry)


def _check_operator(entry: Entry) -> None:
    """What the operator's settings say, as they are now."""
    allowed = conf.issuers()
    if allowed and entry.issuer not in allowed:
        raise TrustInvalid(
            "issuer: not one that this site allows; allowed are"
            f" {', '.join(sorted(allowed))}"
        )
    if entry.keys and not conf.trusts_may_bring_keys():
        raise TrustInvalid("keys: this site does not allow trusts to bring their own")
    if conf.requires_audience() and not entry.audiences:
        raise TrustInvalid("audiences: this site asks for at least one")
