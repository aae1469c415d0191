"""What cannot be made true: told with its place, and nothing of it is stored."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.accessfile import trusts
from robots.accessfile.documents import AccessFile, NamespaceDocument, RobotDocument
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import reconcile, reconcile_all
from robots.credentials import Secret
from robots.errors import RobotsDisallowed
from robots.lifecycle.switches import Terms, turn_on
from robots.models import Repository, Robot
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.accessfile.applying import applied, apply
from tests.robots.ledger import unchanged

pytestmark = pytest.mark.django_db

NAMESPACES = "version: 1\nnamespaces:\n"
ACME = f"{NAMESPACES}  acme:\n"


def refusal(text: str, **options: bool) -> str:
    """What is wrong with a file that changes nothing."""
    with unchanged(), pytest.raises(FileInvalid) as caught:
        apply(text, **options)
    return caught.value.message


REFUSED = {
    "an unknown person": (
        f"{ACME}    repositories: {{new: {{}}}}\n    teams:\n      builders:\n"
        "        members:\n          - dora\n",
        "acme.yaml:8: there is no user dora, and a file creates no people",
    ),
    "an unknown robot": (
        f"{ACME}    repositories:\n      web:\n        permissions:\n"
        "          acme+none: read\n",
        "acme.yaml:7: there is no robot acme+none",
    ),
    "an unknown team": (
        f"{ACME}    repositories:\n      web:\n        permissions:\n"
        "          team:none: none\n",
        "acme.yaml:7: there is no team:none in acme",
    ),
    "an unknown person whose permission is to go": (
        f"{ACME}    repositories:\n      web:\n        permissions:\n"
        "          dora: none\n",
        "acme.yaml:7: there is no user dora, and a file creates no people",
    ),
    "an unknown mirror robot": (
        f"{ACME}    repositories:\n      web:\n        mirror_robot: none\n",
        "acme.yaml:5: there is no robot acme+none",
    ),
    "an unknown mirror robot of a new repository": (
        f"{ACME}    repositories:\n      new:\n        mirror_robot: none\n",
        "acme.yaml:5: there is no robot acme+none",
    ),
    "an unknown default": (
        f"{ACME}    default_permissions:\n      - {{to: bob, role: read}}\n"
        "      - {to: bob, role: read, creator: acme+none}\n",
        "acme.yaml:6: there is no robot acme+none",
    ),
    "a person's namespace that is none": (
        f"{NAMESPACES}  dora:\n    personal: true\n",
        "acme.yaml:3: there is no person dora, and a file creates no people",
    ),
    "an organization as a person": (
        f"{NAMESPACES}  acme:\n    personal: true\n",
        "acme.yaml:3: acme is an organization, and not personal",
    ),
    "a person as an organization": (
        f"{NAMESPACES}  alice:\n    enabled: false\n",
        "acme.yaml:3: alice is a person's own namespace: say `personal: true`",
    ),
    "the owner of a namespace as a grantee": (
        f"{NAMESPACES}  alice:\n    personal: true\n    repositories:\n"
        "      web:\n        visibility: private\n        permissions:\n"
        "          alice: read\n",
        "acme.yaml:9: Namespace owner must always be admin.",
    ),
    "a repository that only a table names": (
        f"{ACME}    partial: true\n    repositories:\n      new:\n"
        "        permissions: {bob: read}\n",
        "acme.yaml:6: there is no repository acme/new, and no field of it is said",
    ),
    "a namespace that only a table names": (
        f"{NAMESPACES}  other:\n    partial: true\n    robots: {{}}\n",
        "acme.yaml:3: there is no namespace other, and no field of it is said",
    ),
    "an e-mail address that a person has": (
        f"{NAMESPACES}  other:\n    email: bob@example.com\n",
        "acme.yaml:3: Email has already been used: bob@example.com",
    ),
    "a trust that cannot be": (
        f"{ACME}    robots:\n      ci:\n        trusts:\n"
        "          - issuer: https://issuer.example.com\n            subject: a\n"
        "            expires_at: 2020-01-01T00:00:00Z\n"
        "            audiences: [https://quay.example.com]\n"
        "          - issuer: https://issuer.example.com\n            subject: a\n"
        "            audiences: [https://quay.example.com]\n",
        "acme.yaml:5: ",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_told_with_its_line(
    cast: Cast, text: str, message: str
) -> None:
    cast.bob.email = "bob@example.com"
    cast.bob.save()
    assert refusal(text).startswith(message)
    with unchanged(), pytest.raises(FileInvalid):
        apply(text, dry_run=True)


def test_a_robot_that_mirrors_is_not_pruned(cast: Cast) -> None:
    Repository.objects.filter(pk=cast.web.pk).update(mirror_robot=cast.ci)
    text = f"{ACME}    robots: {{reader: {{}}}}\n"
    assert refusal(text, prune=True) == ("acme.yaml:3: Robot is being used by a mirror")
    repositories = "    repositories: {web: {mirror_robot: reader}}\n"
    assert "  - robot acme+ci" in applied(f"{text}{repositories}", prune=True)


def test_a_new_robot_needs_robots_to_be_allowed(cast: Cast, settings: Settings) -> None:
    text = f"{ACME}    robots:\n      ci: {{description: Builds}}\n      new: {{}}\n"
    told = f"acme.yaml:6: {RobotsDisallowed.MESSAGE}"
    settings.ROBOTS_DISALLOW = True
    assert refusal(text) == told
    settings.ROBOTS_WHITELIST = ["acme+new"]
    assert apply(text, dry_run=True).changes
    settings.ROBOTS_DISALLOW = False
    turn_on(cast.acme, Terms("Leak"), BY)
    assert refusal(text) == told
    assert not Robot.objects.filter(name="new").exists()


def test_robots_that_are_there_are_changed_while_new_ones_are_disallowed(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    text = f"{ACME}    robots:\n      ci: {{enabled: false}}\n"
    assert applied(text) == ["  ~ robot acme+ci: enabled true -> false"]


def test_a_robot_that_has_ended_already_may_stay_so(cast: Cast) -> None:
    end = timezone.now() - timedelta(days=1)
    Robot.objects.filter(pk=cast.ci.pk).update(expires_at=end)
    text = f"{ACME}    robots:\n      ci:\n        expires_at: {end.isoformat()}\n"
    assert applied(text) == []


def test_a_namespace_is_in_one_file_only(cast: Cast) -> None:
    files = [
        read_access_file(name, f"{ACME}    robots: {{}}\n".encode())
        for name in ("one.yaml", "two.yaml")
    ]
    with unchanged(), pytest.raises(FileInvalid) as caught:
        reconcile_all(files, BY)
    told = "two.yaml:3: the namespace acme is in one.yaml too"
    assert caught.value.message == told


def test_two_files_are_made_true_together_or_not_at_all(cast: Cast) -> None:
    good = read_access_file("good.yaml", f"{NAMESPACES}  other: {{}}\n".encode())
    bad = read_access_file("bad.yaml", f"{ACME}    robots: {{a1: {{}}}}\n".encode())
    assert len(reconcile_all([good, bad], BY, dry_run=True).changes) == 2
    worse = read_access_file("bad.yaml", REFUSED["an unknown robot"][0].encode())
    with unchanged(), pytest.raises(FileInvalid, match="^bad.yaml:7: "):
        reconcile_all([good, worse], BY)


@pytest.mark.parametrize("secret", ["short", "", "x" * 30 + "\0"])
def test_a_token_of_another_registry_must_be_one(cast: Cast, secret: str) -> None:
    file = AccessFile(
        {"acme": NamespaceDocument(robots={"new": RobotDocument(line=7)})}, "quay"
    )
    with unchanged(), pytest.raises(FileInvalid) as caught:
        reconcile(file, BY, secrets={"acme+new": Secret(secret)})
    assert caught.value.message == (
        "quay:7: The token of acme+new must have 20 characters or more"
    )


def test_no_two_robots_have_one_token(cast: Cast) -> None:
    file = AccessFile(
        {"acme": NamespaceDocument(robots={"new": RobotDocument(line=7)})}, "quay"
    )
    with unchanged(), pytest.raises(FileInvalid) as caught:
        reconcile(file, BY, secrets={"acme+new": cast.ci_secret})
    assert "is another robot's already" in caught.value.message
    assert cast.ci_secret.reveal() not in caught.value.message


def test_a_personal_namespace_has_no_field_of_an_organization(cast: Cast) -> None:
    said = NamespaceDocument(personal=True, fields={"email": "a@example.com"}, line=2)
    with unchanged(), pytest.raises(FileInvalid, match="no field but `enabled`"):
        reconcile(AccessFile({"alice": said}, "quay"), BY)


def test_trusts_need_an_app_that_keeps_them(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trusts, "_keepers", [])
    said = NamespaceDocument(robots={"ci": RobotDocument(trusts=(), line=7)})
    with unchanged(), pytest.raises(FileInvalid, match="^quay:7: no app here keeps"):
        reconcile(AccessFile({"acme": said}, "quay"), BY)
    factories.robot(cast.acme, "untouched")
