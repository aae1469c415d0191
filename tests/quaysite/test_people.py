"""People: names that are also namespaces, one e-mail each, one space of names."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from quaysite.models import User
from robots.models import Namespace, NamespaceKind
from tests import factories

GOOD = ["al", "alice", "a1", "1a", "a.b", "a-b", "a_b", "a" * 255, "0.1-2_3"]
BAD = [
    "Alice",
    "a b",
    "a+b",
    "a@b",
    "a__b",
    "a..b",
    "-a1",
    "a1-",
    "alice\n",
    "älice",
    "al/ice",
]


@pytest.mark.parametrize("name", GOOD, ids=lambda name: name[:20])
def test_a_good_user_name_is_accepted_by_form_and_database(name: str, db: None) -> None:
    User(username=name, password="x").full_clean()
    assert factories.user(name).pk


@pytest.mark.parametrize("name", BAD, ids=repr)
def test_a_bad_user_name_is_refused_by_the_form(name: str, db: None) -> None:
    with pytest.raises(ValidationError) as caught:
        User(username=name, password="x").full_clean()
    assert "username" in caught.value.message_dict


@pytest.mark.parametrize("name", BAD, ids=repr)
def test_a_bad_user_name_is_refused_by_the_database(name: str, db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(username=name, password="x")])
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["a", "a" * 256, ""], ids=["short", "long", "empty"])
def test_user_names_have_2_to_255_characters(name: str, db: None) -> None:
    with pytest.raises(ValidationError) as caught:
        User(username=name, password="x").full_clean()
    assert "username" in caught.value.message_dict


def test_a_person_has_a_personal_namespace_of_the_same_name(db: None) -> None:
    alice = factories.user("alice")
    namespace = Namespace.objects.get(owner=alice)
    assert (namespace.name, namespace.kind) == ("alice", NamespaceKind.PERSONAL)
    assert namespace.enabled
    alice.save()
    assert Namespace.objects.count() == 1


def test_renaming_a_person_renames_the_namespace_with_all_that_is_in_it(
    db: None,
) -> None:
    alice = factories.user("alice")
    robot, _ = factories.robot(alice.personal_namespace, "ci")
    alice.username = "alicia"
    alice.save()
    robot.refresh_from_db()
    assert robot.full_name == "alicia+ci"
    assert not Namespace.objects.filter(name="alice").exists()


def test_deleting_a_person_deletes_the_namespace(db: None) -> None:
    alice = factories.user("alice")
    factories.robot(alice.personal_namespace, "ci")
    alice.delete()
    assert not Namespace.objects.exists()


def test_a_person_cannot_take_the_name_of_an_organization(db: None) -> None:
    factories.organization("acme")
    with pytest.raises(ValidationError) as caught:
        User(username="acme", password="x").full_clean()
    assert caught.value.message_dict["username"] == [
        "A user or organization with this name already exists."
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.user("acme")
    assert not User.objects.exists()


def test_a_person_may_be_saved_under_their_own_name(db: None) -> None:
    factories.user("alice").full_clean()


def test_a_person_cannot_be_renamed_to_another_name_that_is_taken(db: None) -> None:
    alice = factories.user("alice")
    factories.user("bob")
    factories.organization("acme")
    for taken in ("bob", "acme"):
        alice.username = taken
        with pytest.raises(ValidationError):
            alice.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            alice.save()
    assert Namespace.objects.filter(name="alice").exists()


def test_one_e_mail_address_is_one_persons_in_any_case(db: None) -> None:
    factories.user("alice", email="alice@example.com")
    rival = User(username="bob", password="x", email="ALICE@example.com")
    with pytest.raises(ValidationError, match="Another user has this e-mail address"):
        rival.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        rival.save()
    assert User.objects.count() == 1


def test_no_e_mail_address_is_nobodys_in_particular(db: None) -> None:
    for name in ("alice", "bob"):
        factories.user(name).full_clean()
    assert User.objects.filter(email="").count() == 2


def test_a_deactivated_person_keeps_their_namespace(db: None) -> None:
    alice = factories.user("alice")
    alice.is_active = False
    alice.save()
    assert Namespace.objects.filter(owner=alice).exists()
