"""Which turns of an emergency switch take a fresh session, over HTTP."""

import pytest
from django.test import Client
from django.urls import reverse

from robots.freshness import SIGNED_IN_AT
from robots.lifecycle.switches import Terms, turn_on
from robots.models import EmergencySwitch
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import messages_of
from tests.robots.switch_pages import SITE, kinds, own, post, signed_in


def stale(client: Client) -> Client:
    session = client.session
    session[SIGNED_IN_AT] = 0
    session.save()
    return client


@pytest.mark.parametrize("act", ["off", "on", "confirmed"])
def test_to_let_robots_go_on_takes_a_fresh_session(
    act: str, admin_client: Client, cast: Cast
) -> None:
    """A stolen session that has gone stale takes no protection away."""
    turn_on(None, Terms("a leak"), factories.BY)
    turn_on(cast.acme, Terms("a leak"), factories.BY)
    before = list(EmergencySwitch.objects.values())
    for client, url in (
        (admin_client, SITE),
        (signed_in(cast.alice), own(cast.acme)),
    ):
        refused = post(stale(client), url, act, allowed="acme+ci", word="confirm")
        assert (refused.status_code, refused["Location"]) == (
            302,
            reverse("sign-in-again", query={"next": url}),
        )
        (warning,) = messages_of(client.get(url))
        assert warning.startswith("Nothing has been changed")
    assert list(EmergencySwitch.objects.values()) == before
    assert len(kinds()) == 2


def test_to_stop_robots_takes_no_fresh_session(
    admin_client: Client, cast: Cast
) -> None:
    alice = stale(signed_in(cast.alice))
    assert post(alice, own(cast.acme), "on")["Location"] == own(cast.acme)
    done = post(stale(admin_client), SITE, "confirmed", word="confirm")
    assert done["Location"] == SITE
    assert EmergencySwitch.objects.count() == 2
