"""User names that nobody gets from the provider, as something waits for them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.lifecycle.switches import Terms, turn_on
from robots.models import EmergencySwitch
from tests import factories
from tests.quaysite.oidc import SUBJECT, Flow, failures


def by_whitelist(settings: Settings) -> None:
    settings.ROBOTS_WHITELIST = ["acme+reader", "kim+mirror"]


def by_switch(settings: Settings) -> None:
    turn_on(
        None, Terms("incident", allowed=["acme+reader", "kim+mirror"]), factories.BY
    )


def by_mapping(settings: Settings) -> None:
    settings.OIDC_TEAM_GROUPS = ["devs=kim/developers"]


def by_library(settings: Settings) -> None:
    settings.LIBRARY_NAMESPACE = "kim"


@pytest.mark.parametrize("reserve", [by_whitelist, by_switch, by_mapping, by_library])
def test_a_name_that_is_kept_for_somebody_is_refused(
    flow: Flow, settings: Settings, reserve: Callable[[Settings], None]
) -> None:
    reserve(settings)
    flow.sign_in({"sub": SUBJECT, "preferred_username": "kim"})
    assert flow.signed_in() == ""
    assert failures() == [("", "username")]
    assert not User.objects.exists()


def test_the_usual_library_is_nobodys(flow: Flow) -> None:
    flow.sign_in({"sub": SUBJECT, "preferred_username": "library"})
    assert flow.signed_in() == ""


def test_names_that_only_look_like_it_are_free(flow: Flow, settings: Settings) -> None:
    by_whitelist(settings)
    by_switch(settings)
    flow.sign_in({"sub": SUBJECT, "preferred_username": "im"})
    assert flow.signed_in() == "im"


def test_a_switch_that_has_ended_keeps_no_name(flow: Flow, settings: Settings) -> None:
    by_switch(settings)
    EmergencySwitch.objects.update(ends_at=timezone.now() - timedelta(hours=1))
    flow.sign_in({"sub": SUBJECT, "preferred_username": "kim"})
    assert flow.signed_in() == "kim"
