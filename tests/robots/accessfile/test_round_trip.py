"""What is exported is made true again: the same bytes, from any world."""

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from robots.accessfile.documents import AccessFile
from robots.accessfile.exporting import exported
from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import reconcile
from robots.accessfile.stored import namespace_document
from robots.accessfile.writing import csv_of, yaml_of
from robots.models import Namespace
from tests.factories import BY
from tests.robots.accessfile.applying import applied, lines
from tests.robots.accessfile.random_worlds import World, empty

pytestmark = pytest.mark.django_db


def as_yaml() -> str:
    return "".join(yaml_of(exported(Namespace.objects.order_by("name"))))


def as_csv() -> str:
    return "".join(csv_of(exported(Namespace.objects.order_by("name"))))


def all_said(*names: str) -> str:
    """What an export would be that leaves nothing out."""
    rows = Namespace.objects.order_by("name")
    rows = rows.filter(name__in=names) if names else rows
    documents = {row.name: namespace_document(row) for row in rows}
    return "".join(yaml_of(AccessFile(documents)))


def assert_stays(name: str, text: str) -> None:
    """A file that says what there is changes nothing, whether it prunes or not."""
    for prune in (False, True):
        file = read_access_file(name, text.encode())
        done = reconcile(file, BY, prune=prune)
        assert (lines(done), done.left) == ([], 0)


@settings(max_examples=40)
@given(st.data())
def test_a_world_is_rebuilt_from_its_export(data: st.DataObject) -> None:
    with transaction.atomic():
        World(data)
        connection.check_constraints()
        text, table = as_yaml(), as_csv()
        assert_stays("world.yaml", text)
        assert_stays("world.csv", table)
        empty()
        applied(text)
        connection.check_constraints()
        assert (as_yaml(), as_csv()) == (text, table)
        assert_stays("world.yaml", text)
        transaction.set_rollback(True)


@settings(max_examples=20)
@given(st.data())
def test_one_world_becomes_another(data: st.DataObject) -> None:
    """Whatever is there: with pruning it is what a file with all fields says."""
    with transaction.atomic():
        World(data)
        text = all_said()
        empty()
        World(data)
        applied(text, prune=True)
        connection.check_constraints()
        named = read_access_file("world.yaml", text.encode()).namespaces
        assert all_said(*named) == text
        transaction.set_rollback(True)
