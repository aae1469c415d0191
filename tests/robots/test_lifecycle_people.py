"""A person's own namespace: it comes, is renamed, and goes with the person."""

import io
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from quaysite.models import User
from robots.errors import DomainError
from robots.lifecycle.people import keep_personal_namespace
from robots.models import Namespace, NamespaceKind, Robot, RobotToken
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def test_a_person_comes_with_a_namespace_of_the_same_name() -> None:
    dora = factories.user("dora")
    namespace = Namespace.objects.get(name="dora")
    assert (namespace.owner, namespace.kind) == (dora, NamespaceKind.PERSONAL)
    assert namespace.enabled
    assert not namespace.teams.exists()


def test_saving_a_person_again_makes_no_second_namespace() -> None:
    dora = factories.user("dora")
    dora.first_name = "Dora"
    dora.save()
    dora.save(update_fields=["last_login"])
    assert Namespace.objects.filter(owner=dora).count() == 1


def test_a_renamed_person_keeps_namespace_robots_and_tokens() -> None:
    dora = factories.user("dora")
    home = dora.personal_namespace
    robot, _ = factories.robot(home, "ci")
    repository = factories.repository(home, "notes")
    tokens = list(RobotToken.objects.values())
    dora.username = "doris"
    dora.save()
    assert Namespace.objects.get(owner=dora).pk == home.pk
    assert Robot.objects.get(pk=robot.pk).full_name == "doris+ci"
    repository.refresh_from_db()
    assert str(repository.namespace) == "doris"
    assert list(RobotToken.objects.values()) == tokens
    assert not Namespace.objects.filter(name="dora").exists()


def test_a_namespace_goes_with_its_person() -> None:
    dora = factories.user("dora")
    factories.robot(dora.personal_namespace, "ci")
    factories.repository(dora.personal_namespace, "notes")
    dora.delete()
    assert not Namespace.objects.filter(name="dora").exists()
    assert not Robot.objects.exists()


def test_a_user_name_that_names_no_namespace_gives_none() -> None:
    """Ours cannot be stored, but other projects name people by e-mail address."""
    stranger = User(pk=1, username="dora@example.org")
    keep_personal_namespace(User, stranger, raw=False)
    assert not Namespace.objects.exists()


def test_a_restored_person_brings_the_namespace_along(tmp_path: Path) -> None:
    """loaddata saves raw: the namespace comes from the dump, with its own id."""
    dora = factories.user("dora")
    pk = dora.personal_namespace.pk
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "quaysite.user", "robots.namespace", output=str(dump))
    dora.delete()
    call_command("loaddata", str(dump), stdout=io.StringIO(), verbosity=0)
    restored = User.objects.get(username="dora")
    assert Namespace.objects.get(owner=restored).pk == pk


def test_people_and_organizations_share_one_space_of_names(cast: Cast) -> None:
    with pytest.raises(ValidationError) as refusal:
        User(username="acme", password="unusable").full_clean()
    assert refusal.value.message_dict == {
        "username": ["A user or organization with this name already exists."]
    }


def test_a_person_named_like_an_organization_is_refused(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.user("acme")
    assert not User.objects.filter(username="acme").exists()
    assert Namespace.objects.get(name="acme").owner is None


def test_a_person_is_not_renamed_into_an_organization(cast: Cast) -> None:
    cast.bob.username = "acme"
    with pytest.raises(IntegrityError), transaction.atomic():
        cast.bob.save()
    cast.bob.refresh_from_db()
    assert cast.bob.username == cast.bob.personal_namespace.name == "bob"


@pytest.mark.django_db(transaction=True)
def test_a_refused_person_is_not_half_made() -> None:
    factories.organization("acme")
    with pytest.raises(IntegrityError):
        factories.user("acme")
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_refused_new_name_is_not_half_taken() -> None:
    factories.organization("acme")
    dora = factories.user("dora")
    dora.username = "acme"
    with pytest.raises(IntegrityError):
        dora.save()
    assert User.objects.get().username == "dora"


@pytest.mark.django_db(transaction=True)
def test_a_new_name_too_long_for_a_robots_is_not_half_taken() -> None:
    dora = factories.user("dora")
    factories.robot(dora.personal_namespace, "r" * 200)
    dora.username = "d" * 55
    with pytest.raises(DomainError, match="255 characters"):
        dora.save()
    assert User.objects.get().username == "dora"
    assert Namespace.objects.get().name == "dora"


def test_a_row_read_before_a_rename_does_not_bring_the_old_name_back(
    cast: Cast,
) -> None:
    stale = User.objects.get(pk=cast.bob.pk)
    cast.bob.username = "bobby"
    cast.bob.save()
    stale.last_login = timezone.now()
    stale.save(update_fields=["last_login"])
    assert Namespace.objects.get(owner=cast.bob).name == "bobby"
