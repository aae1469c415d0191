"""A request that comes again within minutes is not noted, and so not written, again."""

from datetime import UTC, datetime, timedelta

import pytest

from robots import recent_uses
from robots.decision import AccessRequest, Decision
from robots.models import RepositoryUse
from robots.names import RepositoryName
from robots.recent_uses import AGAIN_AFTER, RecentUses
from robots.repository_uses import RepositoryUses
from robots.roles import Action
from tests import factories
from tests.conftest import Cast

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_request_is_known_until_again_after_has_passed() -> None:
    recent = RecentUses()
    assert not recent.has("one", NOW)
    recent.add("one", NOW)
    assert recent.has("one", NOW + AGAIN_AFTER - SECOND)
    assert not recent.has("two", NOW + SECOND)
    assert not recent.has("one", NOW + AGAIN_AFTER)


def test_a_clock_that_is_set_back_keeps_nothing() -> None:
    recent = RecentUses()
    assert not recent.has("one", NOW)
    recent.add("one", NOW)
    assert not recent.has("one", NOW - SECOND)


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_uses, "MOST", 2)
    recent = RecentUses()
    assert not recent.has("one", NOW)
    for request in ("one", "two", "three"):
        recent.add(request, NOW)
    assert [recent.has(one, NOW) for one in ("one", "two", "three")] == [
        *(False, False),
        True,
    ]


def _pulls(uses: RepositoryUses, cast: Cast, now: datetime, *actions: Action) -> int:
    """How many uses wait once ci was granted `actions` on web, at `now`."""
    wanted = frozenset(actions)
    request = AccessRequest(RepositoryName("acme", "web"), wanted)
    decision = Decision(request, wanted, repository_id=cast.web.pk)
    uses.note_granted(factories.robot_identity(cast.ci), [decision], now)
    return uses.waiting()


@pytest.mark.django_db
def test_the_same_uses_are_written_again_after_ten_minutes(cast: Cast) -> None:
    uses, now = RepositoryUses(), datetime.now(UTC) - AGAIN_AFTER
    assert _pulls(uses, cast, now, Action.PULL) == 1
    uses.flush()
    assert _pulls(uses, cast, now + SECOND, Action.PULL) == 0
    assert _pulls(uses, cast, now + SECOND, Action.PULL, Action.PUSH) == 1
    assert _pulls(uses, cast, now + AGAIN_AFTER, Action.PULL) == 2
    uses.flush()
    use = RepositoryUse.objects.get(action="pull")
    assert (use.first_used_at, use.last_used_at) == (now, now + AGAIN_AFTER)


@pytest.mark.django_db
def test_a_use_that_was_dropped_is_noted_when_it_comes_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = RepositoryUses()
    with monkeypatch.context() as patch:
        patch.setattr("robots.repository_uses.MAX_WAITING", 0)
        assert _pulls(uses, cast, NOW, Action.PULL) == 0
    assert _pulls(uses, cast, NOW, Action.PULL) == 1
