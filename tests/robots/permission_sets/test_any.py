"""Any set of permissions, beside the same changes one by one."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from robots.lifecycle.bulk_permissions import Held, Plan, plan
from robots.lifecycle.permission_sets import Counts, permission_set
from robots.lifecycle.permissions import Grantee, grant
from robots.lifecycle.wanted import Wanted
from robots.models import Namespace, PermissionChange, Repository
from robots.models.permission_changes import Change
from robots.roles import Role
from robots.selection import Named
from tests import factories
from tests.robots.permission_sets.held import END, NONE, held

WANTED = st.builds(
    Wanted,
    st.sampled_from(Role),
    st.sampled_from([None, END, END + timedelta(days=1)]),
) | st.just(NONE)
NAMES = [f"app-{number}" for number in range(6)]


class TestAgreement(TestCase):
    """What a set does is what the plan of one grantee says, for every world."""

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(
        has=st.dictionaries(st.sampled_from(NAMES), WANTED),
        chosen=st.sets(st.sampled_from(NAMES)),
        what=WANTED,
        kind=st.sampled_from(["robot", "team", "user"]),
    )
    def test_with_the_plan(
        self, has: dict[str, Wanted], chosen: set[str], what: Wanted, kind: str
    ) -> None:
        acme = factories.organization("acme")
        grantee = _grantee(acme, kind)
        ids = {name: factories.repository(acme, name).pk for name in NAMES}
        before = _given(acme, grantee, has)
        made = plan(what, {name: ids[name] for name in chosen}, before)
        with permission_set(acme) as wanted:
            wanted.want_everywhere([grantee], Named(sorted(chosen)), what)
            told = list(wanted.changes())
            counts = wanted.save(factories.BY)
        assert counts == Counts(
            len(made.added), len(made.changed), len(made.removed), len(made.unchanged)
        )
        assert {(change.repository, change.change) for change in told} == _steps(made)
        expected = {name: one for name, one in has.items() if one.role is not None}
        for name in chosen:
            expected[name] = what
        left = {name: one for name, one in expected.items() if one.role is not None}
        assert held(grantee) == left
        rows = PermissionChange.objects.values_list("repository_name", "change")
        assert set(rows) == _steps(made)


def _grantee(acme: Namespace, kind: str) -> Grantee:
    if kind == "robot":
        return factories.robot(acme, "ci")[0]
    if kind == "team":
        return factories.team(acme, "builders")
    return factories.user("bob")


def _given(
    acme: Namespace, grantee: Grantee, has: dict[str, Wanted]
) -> dict[int, Held]:
    """Grant what is held already; the permissions by the repository's key."""
    found = {}
    for name, one in has.items():
        if one.role is not None:
            repository = Repository.objects.get(namespace=acme, name=name)
            row = grant(repository, grantee, one.role, factories.BY, one.until)
            found[repository.pk] = Held(row.pk, one.role, one.until)
    return found


def _steps(made: Plan) -> set[tuple[str, int]]:
    kinds = zip(Change, (made.added, made.changed, made.removed), strict=True)
    return {(step.name, change.value) for change, steps in kinds for step in steps}
