"""import_quay: what comes here of an organization, and what is told to be missing."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.lifecycle import revise_trust
from federation.models import Trust
from registryauth.authentication import authenticate
from registryauth.errors import Unauthorized
from robots.accessfile.documents import (
    DefaultPermissionDocument,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.accessfile.reconcile import reconcile_all
from robots.credentials import Deliver, Secret
from robots.lifecycle.permissions import grant
from robots.lifecycle.robots import set_enabled
from robots.lookup import repository_named, robot_named, team_named, user_named
from robots.management import new_tokens
from robots.models import AuditEvent, Namespace, Robot, RobotToken
from robots.quay import bringing
from robots.roles import Role, State, TeamRole, Visibility
from tests import factories
from tests.robots.ledger import unchanged
from tests.robots.quay.importing import refusal, run_import, stored
from tests.robots.quay.recorded import (
    BOT_TOKEN,
    CI_TOKEN,
    ORG,
    acme,
    robot,
)
from tests.robots.quay.server import Quay, Said, served

NOW = datetime(2026, 11, 27, tzinfo=UTC)

BROUGHT = NamespaceDocument(
    fields={
        "enabled": True,
        "email": "ops@example.com",
        "invoice_email": False,
        "invoice_email_address": "",
        "tag_expiration_s": 86400,
    },
    teams={
        "builders": TeamDocument(
            {"role": TeamRole.MEMBER, "description": "They build"},
            {"acme+ci": 0, "bob": 0},
        ),
        "owners": TeamDocument(
            {"role": TeamRole.ADMIN, "description": ""}, {"alice": 0}
        ),
    },
    robots={
        "bot": RobotDocument(
            {"description": "", "enabled": True, "expires_at": None, "metadata": {}},
            (),
        ),
        "ci": RobotDocument(
            {
                "description": "CI bot",
                "enabled": True,
                "expires_at": None,
                "metadata": {"team": "x"},
            },
            ({"issuer": "https://issuer.example.com", "subject": "repo:acme/app"},),
        ),
    },
    repositories={
        "tools/api": RepositoryDocument(
            {
                "visibility": Visibility.PUBLIC,
                "state": State.READ_ONLY,
                "mirror_robot": None,
                "description": "",
            },
            {"acme+bot": GrantDocument(Role.ADMIN)},
        ),
        "web": RepositoryDocument(
            {
                "visibility": Visibility.PRIVATE,
                "state": State.NORMAL,
                "mirror_robot": None,
                "description": "The shop",
            },
            {
                "acme+ci": GrantDocument(Role.WRITE),
                "bob": GrantDocument(Role.READ),
                "team:builders": GrantDocument(Role.ADMIN),
            },
        ),
    },
    default_permissions=(
        DefaultPermissionDocument("acme+bot", Role.WRITE, "alice"),
        DefaultPermissionDocument("team:builders", Role.READ),
    ),
)
"""What the recorded organization is here, with alice and bob and without carla."""

CARLA = "user carla: nobody here has this name: what it has was not brought"


def log_in(name: str, secret: str) -> str:
    return authenticate(name, Secret(secret), NOW).name


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


def test_robots_keep_their_secret_sealed_too(quay: Quay) -> None:
    run_import(quay)
    assert log_in("acme+ci", CI_TOKEN) == "acme+ci"
    assert log_in("acme+bot", BOT_TOKEN) == "acme+bot"
    with pytest.raises(Unauthorized):
        log_in("acme+bot", CI_TOKEN)
    ci = Robot.objects.get(name="ci")
    assert factories.stored_secret(ci) == CI_TOKEN


def test_no_sealed_copy_where_tokens_cannot_be_read_again(
    quay: Quay, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    run_import(quay)
    assert set(RobotToken.objects.values_list("sealed", flat=True)) == {None}
    assert log_in("acme+ci", CI_TOKEN) == "acme+ci"


def test_no_secret_is_told_kept_in_the_audit_or_remembered(
    quay: Quay, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    state, report = tmp_path / "state", tmp_path / "report"
    ran = run_import(quay, "--state", str(state), "--report", str(report))
    told = [
        json.dumps(ran.facts),
        state.read_text(),
        report.read_text(),
        str(list(AuditEvent.objects.values())),
        *capfd.readouterr(),
    ]
    for secret in (CI_TOKEN, BOT_TOKEN, "quaysecret"):
        assert all(secret not in text for text in told)
    assert json.loads(report.read_text()) == ran.facts


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


def without_tokens() -> dict[str, Any]:
    return {
        **acme(),
        f"{ORG}/robots/ci": robot("acme+ci", None, unstructured_metadata={}),
        f"{ORG}/robots/bot": robot("acme+bot", "short"),
    }


def test_robots_whose_secret_is_not_shown_have_none(people: None) -> None:
    with served(without_tokens()) as quay:
        ran = run_import(quay)
    assert not RobotToken.objects.exists()
    assert Robot.objects.count() == 2
    hidden = "is not shown to this token: it has no token"
    assert [line for line in ran.left_out if line.startswith("secret")] == [
        "secret of robot acme+bot: " + hidden,
        "secret of robot acme+bot: not 20 to 1024 ASCII characters that can be typed",
        "secret of robot acme+ci: " + hidden,
    ]


def test_or_a_new_one_in_a_file_for_each_organization(
    people: None, tmp_path: Path
) -> None:
    file = tmp_path / "tokens"
    with served(without_tokens()) as quay:
        ran = run_import(quay, "--tokens-file", str(file))
    own = tmp_path / "tokens.acme"
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    tokens = json.loads(own.read_text())
    assert set(tokens) == {"acme+bot", "acme+ci"}
    assert log_in("acme+ci", tokens["acme+ci"]) == "acme+ci"
    assert ran.counts()[2:] == (0, 2)
    assert tokens["acme+ci"] not in json.dumps(ran.facts)


def test_tokens_are_handed_on_when_all_else_is_stored(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no refusal leaves tokens behind that are good for nothing."""
    seen: list[tuple[list[str], NamespaceDocument]] = []

    def destination(options: Any) -> Deliver:
        return lambda tokens: seen.append(([name for name, _ in tokens], stored()))

    monkeypatch.setattr(new_tokens, "destination", destination)
    with served(without_tokens()) as quay:
        run_import(quay)
    assert seen == [(["acme+bot", "acme+ci"], stored())]


def test_a_file_that_is_there_is_not_written_over(people: None, tmp_path: Path) -> None:
    (tmp_path / "tokens.acme").write_text("mine")
    with served(without_tokens()) as quay, unchanged():
        ran = run_import(quay, "--tokens-file", str(tmp_path / "tokens"))
    assert ran.code == 3
    assert "exists already" in ran.left_out[0]
    assert (tmp_path / "tokens.acme").read_text() == "mine"


def test_nothing_is_stored_of_tokens_that_nobody_took(people: None) -> None:
    with served(without_tokens()) as quay, unchanged():
        ran = run_import(quay, "--tokens-command", "exit 7")
    assert "exit code 7" in ran.left_out[0]


def test_a_secret_that_two_robots_have_is_no_ones(people: None) -> None:
    answers = acme()
    answers[f"{ORG}/robots/bot"]["token"] = CI_TOKEN
    with served(answers) as quay:
        ran = run_import(quay)
    assert not RobotToken.objects.exists()
    reason = "is another robot's too: it has no token"
    assert f"secret of robot acme+ci: {reason}" in ran.left_out
    assert f"secret of robot acme+bot: {reason}" in ran.left_out


def test_a_secret_of_a_robot_here_is_not_given_to_another(people: None) -> None:
    other, secret = factories.robot(factories.organization("other"), "thief")
    answers = acme()
    answers[f"{ORG}/robots/ci"]["token"] = secret.reveal()
    with served(answers) as quay:
        run_import(quay)
    assert log_in("other+thief", secret.reveal()) == "other+thief"
    with pytest.raises(Unauthorized):
        log_in("acme+ci", secret.reveal())
    assert RobotToken.objects.filter(robot=other).count() == 1


def test_robots_that_may_not_be_made_keep_all_of_it_out(
    quay: Quay, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    with unchanged():
        ran = run_import(quay)
    assert ran.code == 3
    assert "Robot accounts have been disabled" in ran.left_out[0]


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


@pytest.mark.parametrize("view", [{"is_admin": False}, {"is_admin": "yes"}])
def test_half_an_organization_is_not_brought(
    people: None, view: dict[str, Any]
) -> None:
    answers = acme()
    answers[ORG] |= view
    with served(answers) as quay, unchanged():
        ran = run_import(quay)
    reason = "the token is not one of its administrators' (org:admin)"
    assert ran.left_out == [f"organization acme: {reason}"]


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--organization", "NOPE"), "Invalid namespace"),
        (("--token", "a", "--token-file", "b"), "not both"),
        (("--token", "two words"), "without a space"),
        (("--token-file", "/nowhere/token"), "cannot be read"),
        (("--ca-file", "/nowhere/ca"), "--ca-file: /nowhere/ca cannot be used"),
        (("--url", "https://[bad"), "is not a URL"),
        (("--state", "/nowhere/state"), "cannot be written"),
        (("--url", "https://quay.example.com?x=1"), "no more"),
        (("--url", "http://quay.example.com"), "without https"),
    ],
)
def test_what_is_refused_before_anything_is_asked(
    quay: Quay, arguments: tuple[str, ...], said: str
) -> None:
    with unchanged():
        assert said in refusal(quay, *arguments)
    assert quay.requests == []


def test_the_wrong_token_is_refused_and_not_shown(quay: Quay) -> None:
    with unchanged():
        message = refusal(quay, "--token", "wrongsecret")
    assert "answered 401" in message
    assert "wrongsecret" not in message


def test_a_report_that_cannot_be_written_is_told_and_all_else_is_done(
    quay: Quay,
) -> None:
    assert "cannot be written" in refusal(quay, "--report", "/nowhere/report")
    assert stored() == BROUGHT


def test_the_report_is_written_when_the_database_fails(
    quay: Quay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(bringing, "_check_place", fail)
    report = tmp_path / "report"
    for path in (report, tmp_path):
        with unchanged(), pytest.raises(CommandError, match="gone") as caught:
            run_import(quay, "--report", str(path))
        assert caught.value.returncode == 1
    assert json.loads(report.read_text())["organizations"] == []


def test_no_token_at_all_is_refused(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUAY_TOKEN")
    assert "QUAY_TOKEN" in refusal(quay)
    assert quay.requests == []


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
