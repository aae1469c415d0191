"""What is here already, from an earlier import or by hand, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from federation.lifecycle import revise_trust
from federation.models import Trust
from registryauth.errors import Unauthorized
from robots.accessfile.reconcile import reconcile_all
from robots.lifecycle.permissions import grant
from robots.lifecycle.robots import set_enabled
from robots.lookup import repository_named, robot_named, team_named, user_named
from robots.models import AuditEvent, Namespace
from robots.quay import bringing
from robots.roles import Role, TeamRole
from tests import factories
from tests.robots.ledger import unchanged
from tests.robots.quay.brought import BROUGHT, CARLA, log_in
from tests.robots.quay.importing import run_import, stored
from tests.robots.quay.recorded import CI_TOKEN, ORG
from tests.robots.quay.server import Quay


def test_a_second_run_changes_nothing(quay: Quay) -> None:
    run_import(quay)
    with unchanged():
        again = run_import(quay, "--organization", "acme")
    assert again.counts() == (0, 0, 0, 0)
    assert again.left_out == [CARLA]


def test_what_is_here_already_is_only_touched_if_it_was_named(quay: Quay) -> None:
    factories.organization("acme")
    with unchanged():
        ran = run_import(quay)
    reason = "is here already: --organization brings it all the same"
    assert (ran.code, ran.left_out) == (3, [f"organization acme: {reason}"])
    run_import(quay, "--organization", "acme")
    assert stored() == BROUGHT


def test_what_somebody_creates_meanwhile_is_theirs(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*arguments: Any, **options: Any) -> Any:
        created.append(factories.organization("acme"))
        before.append(AuditEvent.objects.count())
        return reconcile_all(*arguments, **options)

    created: list[Namespace] = []
    before: list[int] = []
    monkeypatch.setattr(bringing, "reconcile_all", slowly)
    ran = run_import(quay)
    assert "is here already" in ran.left_out[0]
    assert [AuditEvent.objects.count()] == before
    assert not created[0].robots.exists()


def test_what_only_this_site_has_stays(quay: Quay) -> None:
    acme_here = factories.organization("acme")
    own, secret = factories.robot(acme_here, "own")
    factories.team(acme_here, "builders", TeamRole.MEMBER, (own,))
    factories.repository(acme_here, "ours")
    run_import(quay, "--organization", "acme")
    held = stored()
    assert set(held.robots or ()) == {"bot", "ci", "own"}
    assert set(held.repositories or ()) == {"ours", "tools/api", "web"}
    assert set((held.teams or {})["builders"].members or ()) == {
        "acme+ci",
        "acme+own",
        "bob",
    }
    assert log_in("acme+own", secret.reveal()) == "acme+own"


def test_a_robot_that_is_here_keeps_the_token_it_has_here(quay: Quay) -> None:
    _, secret = factories.robot(factories.organization("acme"), "ci")
    ran = run_import(quay, "--organization", "acme")
    reason = "was here already, with a token of its own"
    assert f"secret of robot acme+ci: {reason}" in ran.left_out
    assert log_in("acme+ci", secret.reveal()) == "acme+ci"
    with pytest.raises(Unauthorized):
        log_in("acme+ci", CI_TOKEN)


def test_limits_that_were_set_here_stay(quay: Quay) -> None:
    run_import(quay)
    until = timezone.now() + timedelta(days=1)
    web = repository_named("acme/web")
    grant(web, robot_named("acme+ci"), Role.READ, factories.BY, until)
    grant(web, user_named("bob"), Role.READ, factories.BY, until)
    builders = team_named(web.namespace, "builders")
    grant(web, builders, Role.READ, factories.BY, until)
    quay.answers[f"{ORG}/robots/bot"] |= {"enabled": True, "expires_at": None}
    set_enabled(robot_named("acme+bot"), False, factories.BY)
    with unchanged():
        again = run_import(quay, "--organization", "acme")
    reason = "has an end here, and stays as it is"
    assert [line for line in again.left_out if line.startswith("permission")] == [
        f"permission on acme/web of acme+ci: {reason}",
        f"permission on acme/web of bob: {reason}",
        f"permission on acme/web of team:builders: {reason}",
    ]


def changed_trust(**changes: Any) -> list[Any]:
    """The trust that was brought, as somebody changed it here."""
    revise_trust(Trust.objects.get(), factories.BY, **changes)
    return [trust.entry for trust in Trust.objects.all()]


@pytest.mark.parametrize("changes", [{"enabled": False}, {"audiences": ("quaysite",)}])
def test_a_trust_that_was_limited_here_is_not_joined_by_another(
    quay: Quay, changes: dict[str, Any]
) -> None:
    run_import(quay)
    held = changed_trust(**changes)
    with unchanged():
        again = run_import(quay, "--organization", "acme")
    assert [trust.entry for trust in Trust.objects.all()] == held
    reason = "is here with other rules for the subject, and stays as it is"
    assert f"trust of acme+ci in https://issuer.example.com: {reason}" in again.left_out


def test_a_trust_that_is_new_there_comes_all_the_same(quay: Quay) -> None:
    run_import(quay)
    (held,) = changed_trust(enabled=False)
    quay.answers[f"{ORG}/robots/ci/federation"].append(
        {"issuer": "https://issuer.example.com", "subject": "repo:acme/other"}
    )
    run_import(quay, "--organization", "acme")
    first, second = (trust.entry for trust in Trust.objects.order_by("position"))
    assert (first, second.subject) == (held, "repo:acme/other")


def test_a_name_that_a_person_has_here_is_left_alone(quay: Quay) -> None:
    factories.user("acme")
    with unchanged():
        ran = run_import(quay, "--organization", "acme")
    assert ran.left_out == ["organization acme: is a person's own namespace here"]
