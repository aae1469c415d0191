"""Properties of access over random worlds, each stored and rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import given, settings

from robots.access import authorize, visible_repositories
from robots.decision import AccessRequest, Decision
from robots.identity import Identity, Kind
from robots.names import RepositoryName
from robots.roles import Action, Visibility
from tests.robots import worlds
from tests.robots.worlds import NOW, Plan, World

pytestmark = pytest.mark.django_db

# Derandomized: a failure in one run is a failure in every run.
in_random_worlds = settings(
    max_examples=60, derandomize=True, deadline=None, database=None
)


@contextmanager
def stored(plan: Plan) -> Iterator[World]:
    with transaction.atomic():
        yield worlds.build(plan)
        transaction.set_rollback(True)


def everything_asked(world: World, identity: Identity) -> list[Decision]:
    """One decision for each repository of the world, about every action."""
    requests = [
        AccessRequest(RepositoryName(row.namespace.name, row.name), frozenset(Action))
        for row in world.repositories
    ]
    return authorize(identity, requests, NOW)


@in_random_worlds
@given(plan=worlds.plans())
def test_what_is_listed_is_what_may_be_pulled(plan: Plan) -> None:
    with stored(plan) as world:
        for _kind, _number, identity in worlds.identities(world):
            decisions = everything_asked(world, identity)
            listed = visible_repositories(identity, NOW).values_list("pk", flat=True)
            assert set(listed) == {
                row.pk
                for row, decision in zip(world.repositories, decisions, strict=True)
                if Action.PULL in decision.granted
            }, identity


@in_random_worlds
@given(plan=worlds.plans())
def test_what_is_granted_is_what_the_rules_say(plan: Plan) -> None:
    with stored(plan) as world:
        for kind, number, identity in worlds.identities(world):
            for n, decision in enumerate(everything_asked(world, identity)):
                expected = worlds.allowed(plan, kind, number, identity.ceiling, n)
                context = (identity, decision.request.repository)
                assert decision.granted == expected, context
                assert decision.denied.keys() == set(Action) - expected, context


@in_random_worlds
@given(plan=worlds.plans())
def test_s01_s02_a_robot_has_nothing_but_public_pulls_outside_its_namespace(
    plan: Plan,
) -> None:
    with stored(plan) as world:
        for _kind, _number, identity in worlds.identities(world):
            if identity.kind is not Kind.ROBOT:
                continue
            decisions = everything_asked(world, identity)
            for row, decision in zip(world.repositories, decisions, strict=True):
                if row.namespace_id == identity.namespace_id:
                    continue
                public = row.visibility == Visibility.PUBLIC
                assert decision.granted <= ({Action.PULL} if public else set())
                assert decision.role is None
