"""Trusts in access files: what `robots.accessfile` asks this app for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from federation import trust_facts
from federation.api.bodies import TrustBody, entry_of
from federation.api.trust_views import TrustSaid
from federation.entries import Entry, check_count, check_entry
from federation.errors import TrustInvalid
from federation.lifecycle import set_trusts
from federation.models import Trust
from federation.policy import check_allowed
from robots.accessfile.trusts import TrustFacts
from robots.api.bodies import check
from robots.api.errors import ApiError
from robots.audit import Performer
from robots.models import Namespace, Robot


class FederationTrusts:
    """The trusts that this app keeps, as access files have them."""

    def keys(self) -> Sequence[str]:
        """What a trust of a file may say."""
        return tuple(TrustSaid().fields)

    def check_count(self, count: int) -> None:
        """Raise DomainError for more trusts than a robot may have."""
        check_count(count)

    def read(self, said: Any) -> TrustFacts:
        """One trust of a file, without what is as usual; raises DomainError."""
        return trust_facts.stated(_entry(said))

    def check_new(self, said: Sequence[TrustFacts]) -> None:
        """Raise DomainError unless a robot without trusts may get these today."""
        check_allowed([_entry(facts) for facts in said])

    def held(self, namespace: Namespace) -> Mapping[str, Sequence[TrustFacts]]:
        """The trusts of a namespace in order, by the short name of their robot."""
        held: dict[str, list[TrustFacts]] = defaultdict(list)
        rows = Trust.objects.filter(robot__namespace=namespace).select_related("robot")
        for trust in rows.order_by("robot__name", "position", "id"):
            held[trust.robot.name].append(trust_facts.stated(trust.entry))
        return held

    def set(self, robot: Robot, trusts: Sequence[TrustFacts], by: Performer) -> None:
        """Make these the robot's trusts, in this order. Raises as `set_trusts` does."""
        set_trusts(robot, [_entry(said) for said in trusts], by)


def _entry(said: Any) -> Entry:
    try:
        entry = entry_of(check(TrustBody, said))
    except ApiError as error:
        raise TrustInvalid(error.message) from None
    check_entry(entry)
    return entry
