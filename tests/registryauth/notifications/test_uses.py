"""Uses that a registry tells of."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from robots.models import RepositoryUse
from robots.usage import usage
from tests import factories
from tests.conftest import Cast
from tests.registryauth.envelopes import envelope
from tests.registryauth.notifications.sending import event, post, stored, tell, uses


def test_uses_are_written_with_the_last_uses(cast: Cast) -> None:
    tell(
        event(action="pull"),
        event(action="push", actor="bob"),
        event("acme/api", "delete", actor="alice"),
        event("acme/api", "mount", fromRepository="acme/public"),
    )
    assert uses() == [
        ("acme+ci", "pull", "acme/public"),
        ("acme+ci", "pull", "acme/web"),
        ("acme+ci", "push", "acme/api"),
        ("alice", "delete", "acme/api"),
        ("bob", "push", "acme/web"),
    ]


def test_the_times_are_those_of_the_events(cast: Cast) -> None:
    now = timezone.now().replace(microsecond=0)
    old, older = now - timedelta(hours=3), now - timedelta(hours=5)
    tell(event(when=older), event(when=old))
    use = RepositoryUse.objects.get()
    assert (use.first_used_at, use.last_used_at) == (older, old)


def test_a_time_long_ago_counts_as_a_day_ago(cast: Cast) -> None:
    """The first use says since when uses are known: nobody may make it older."""
    before = timezone.now()
    tell(event(when=before - timedelta(days=40)))
    use = RepositoryUse.objects.get()
    assert before - timedelta(days=1) <= use.first_used_at == use.last_used_at < before


def test_a_time_that_has_yet_to_come_is_now(cast: Cast) -> None:
    before = timezone.now()
    tell(event(when=before + timedelta(days=4000)))
    use = RepositoryUse.objects.get()
    assert before <= use.last_used_at <= timezone.now()


def test_the_same_again_changes_nothing(cast: Cast) -> None:
    events = [event("acme/new", "push"), event()]
    tell(*events)
    before, rows = stored(), list(RepositoryUse.objects.order_by("id").values())
    tell(*events)
    assert stored() == before
    assert list(RepositoryUse.objects.order_by("id").values()) == rows


@pytest.mark.parametrize(
    "actor",
    ["", "(anonymous)", "nobody", "acme+nobody", "globex+ci", "acme+", "ACME+CI",
     "acme+ci ", "$oauthtoken", "Bob"],
)  # fmt: skip
def test_an_unknown_actor_is_ignored(actor: str, cast: Cast) -> None:
    before = stored()
    tell(event(actor=actor))
    assert stored() == before


def test_a_robot_is_found_by_both_halves_of_its_name(cast: Cast) -> None:
    globex = factories.organization("globex")
    factories.robot(globex, "deploy")
    tell(event(actor="acme+deploy"), event(actor="globex+deploy"), event())
    assert uses() == [
        ("acme+ci", "pull", "acme/web"),
        ("globex+deploy", "pull", "acme/web"),
    ]


def test_a_hundred_events_take_three_queries(cast: Cast) -> None:
    body = envelope(
        *(event(actor=f"acme+n{number}") for number in range(50)),
        *(event("acme/api", actor=f"person{number}") for number in range(50)),
        *(event(), event(actor="bob")),
    )
    with CaptureQueriesContext(connection) as queries:
        assert post(body).status_code == 204
    assert len(queries) == 3
    usage.flush()
    assert len(uses()) == 2


def test_an_envelope_of_nothing_takes_no_query(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert post(envelope()).status_code == 204
        assert post(envelope({**event(), "action": "tag"})).status_code == 204
    assert len(queries) == 0
