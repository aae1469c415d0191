"""What comes from a Quay, and what is told of it."""

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from robots.accessfile.documents import GrantDocument
from robots.models import AuditEvent, Namespace
from robots.roles import Role, State
from tests import factories
from tests.robots.ledger import unchanged
from tests.robots.quay.brought import BROUGHT, CARLA
from tests.robots.quay.importing import run_import, stored
from tests.robots.quay.recorded import ORG, acme
from tests.robots.quay.server import Quay, Said, served


def test_all_of_it_comes_and_the_unknown_person_is_named_once(quay: Quay) -> None:
    ran = run_import(quay)
    assert stored() == BROUGHT
    assert (ran.code, ran.left_out) == (3, [CARLA])
    (one,) = ran.facts["organizations"]
    assert one["left_out"][0]["times"] == 3
    events = AuditEvent.objects.filter(performer_name="manage.py import_quay")
    assert AuditEvent.objects.count() == events.count() > 0


def test_bills_may_go_to_the_address_of_a_person_who_is_here(quay: Quay) -> None:
    factories.user("carla", email="carla@example.com")
    billed = {"invoice_email": True, "invoice_email_address": "Carla@example.com"}
    quay.answers[ORG] = {**quay.answers[ORG], **billed}
    ran = run_import(quay)
    assert (ran.code, ran.left_out) == (0, [])
    brought = Namespace.objects.get(name="acme")
    assert brought.email == "ops@example.com"
    assert brought.invoice_email is True
    assert brought.invoice_email_address == "Carla@example.com"


def test_the_address_of_a_person_who_is_here_becomes_no_organizations(
    quay: Quay,
) -> None:
    factories.user("carla", email="carla@example.com")
    quay.answers[ORG] = {**quay.answers[ORG], "email": "carla@example.com"}
    ran = run_import(quay)
    reason = (
        "email of organization acme: Email has already been used: carla@example.com"
    )
    assert (ran.code, ran.left_out) == (3, [reason])
    assert Namespace.objects.get(name="acme").email == ""


def test_without_anybody_missing_it_is_just_done(quay: Quay) -> None:
    factories.user("carla")
    ran = run_import(quay)
    assert (ran.code, ran.left_out) == (0, [])
    assert ran.counts()[1:] == (0, 2, 0)


def test_a_dry_run_tells_the_same_and_stores_nothing(
    quay: Quay, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    with unchanged():
        dry = run_import(quay, "--dry-run", "--state", str(state))
    assert not state.exists()
    done = run_import(quay)
    assert dry.facts.pop("dry_run") and not done.facts.pop("dry_run")
    plan = dry.facts["organizations"][0].pop("plan")
    assert dry == done
    assert (plan["add"], plan["change"]) == done.counts()[:2]
    assert "acme+ci" in [change["name"] for change in plan["changes"]]


def test_a_mirror_keeps_its_robot_and_nothing_else(people: None) -> None:
    answers = acme()
    answers["/repository"]["repositories"][0]["state"] = "MIRROR"
    answers["/repository/acme/web/mirror"] = {
        "robot_username": "acme+ci",
        "external_reference": "registry.example.com/web",
        "sync_interval": 3600,
    }
    with served(answers) as quay:
        ran = run_import(quay)
    fields = (stored().repositories or {})["web"].fields
    assert (fields["state"], fields["mirror_robot"]) == (State.MIRROR, "ci")
    reason = "nothing is mirrored here"
    assert f"mirror settings of acme/web: {reason}" in ran.left_out


def test_what_this_site_does_not_trust_is_told(
    people: None, settings: Settings
) -> None:
    answers = acme()
    answers[f"{ORG}/robots/ci/federation"] += [
        {"issuer": "https://issuer.example.com", "subject": "*"},
        {"issuer": "https://issuer.example.com", "subject": "repo:acme/app"},
        {"issuer": "ftp://issuer.example.com", "subject": "x"},
        {"issuer": "https://issuer.example.com", "subject": "x", "strange": 1},
    ]
    with served(answers) as quay:
        ran = run_import(quay)
    assert stored() == BROUGHT
    trusts = [line for line in ran.left_out if line.startswith("trust of acme+ci in")]
    assert len(trusts) == 4


def test_a_token_that_sees_only_some_is_told_what_it_misses(people: None) -> None:
    answers = acme()
    answers[f"{ORG}/robots/ci"] = Said({}, 403)
    answers[f"{ORG}/robots/ci/federation"] = Said({"message": "no"}, 400)
    answers[f"{ORG}/team/builders/members"] = Said({}, 403)
    answers[f"{ORG}/prototypes"] = Said({}, 404)
    answers["/repository/acme/web/permissions/user/"] = Said({}, 403)
    with served(answers) as quay:
        ran = run_import(quay)
    read = [line for line in ran.left_out if "cannot be read with this token" in line]
    assert len(read) == 5
    held = stored()
    assert held.default_permissions == ()
    assert (held.teams or {})["builders"].members == {}
    assert (held.repositories or {})["web"].permissions == {
        "team:builders": GrantDocument(Role.ADMIN)
    }


def test_an_organization_that_is_not_there_does_not_stop_the_others(
    quay: Quay,
) -> None:
    names = ("--organization", "nothing", "--organization", "acme")
    ran = run_import(quay, *names)
    reason = "there is none that this token may see"
    assert f"organization nothing: {reason}" in ran.left_out
    assert stored() == BROUGHT
    assert Namespace.objects.filter(name="nothing").count() == 0


def test_a_site_administrators_token_brings_every_organization(people: None) -> None:
    answers = acme()
    answers["/user/"] |= {"super_user": True}
    lab = {**answers[ORG], "name": "lab", "teams": {}, "email": "5b0e7f8c-" + "0" * 4}
    answers |= {
        "/superuser/organizations/": {
            "organizations": [{"name": "acme"}, {"name": "lab"}, {"name": "Not Ours"}]
        },
        "/organization/lab": {**lab, "email": "11111111-2222-3333-4444-555555555555"},
        "/organization/lab/robots": {"robots": []},
        "/repository?namespace=lab": {"repositories": []},
        "/organization/lab/prototypes": {"prototypes": []},
    }
    with served(answers) as quay:
        ran = run_import(quay)
    assert [one["done"] for one in ran.facts["organizations"]] == [True, True]
    assert ran.facts["left_out"][0]["name"] == "Not Ours"
    assert stored("lab").fields["email"] == ""
    assert stored("lab").teams == {}


def test_people_see_a_table_of_it(
    quay: Quay, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("import_quay", "--url", quay.url)
    assert ended.value.code == 3
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "acme: 17 things were added, 0 changed; 2 robots keep their token,"
        " 0 get a new one.",
        "  People of the same names here: alice, bob.",
        "",
        "Left out:",
        f"  {CARLA} (3 times)",
    ]
    assert shown.err == ""


def test_permissions_of_a_quaysite_are_told_to_have_ends(people: None) -> None:
    with served({**acme(), "/federation/presets": {"presets": []}}) as quay:
        ran = run_import(quay)
    assert any("ends of permissions" in line for line in ran.left_out)


def test_help_says_what_a_token_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("import_quay", "--help")
    shown = capsys.readouterr().out
    assert "org:admin, repo:admin and user:read" in shown
    assert "list of" in shown
