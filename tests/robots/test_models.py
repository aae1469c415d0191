"""What the database itself refuses, whoever writes: each constraint, by name."""

from itertools import chain
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations import AddConstraint, RemoveConstraint
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from quaysite.models import OidcAccount, User
from robots.models import (
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    Team,
    TokenOrigin,
)
from robots.models.constraints import SameNamespace
from robots.roles import Role
from tests.robots.violations import VIOLATIONS, Stage, Violation, permission, set_stage

pytestmark = pytest.mark.django_db

TARGETS = {
    "robots_repository_id_namespace": Repository,
    "robots_robot_id_namespace": Robot,
    "robots_team_id_namespace": Team,
}
"""What composite foreign keys refer to: unbreakable, since an id is unique already."""


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def committed(transactional_db: None) -> Stage:
    return set_stage()


def own_models() -> list[type[models.Model]]:
    of_apps = (
        apps.get_app_config(app).get_models() for app in ("robots", "federation")
    )
    return [*chain.from_iterable(of_apps), User, OidcAccount]


def constraints() -> dict[str, tuple[type[models.Model], Any]]:
    """Each constraint or unique field of ours, by name, with its model."""
    found: dict[str, tuple[type[models.Model], Any]] = {}
    for model in own_models():
        for constraint in model._meta.constraints:
            found[constraint.name] = (model, constraint)
        for field in model._meta.concrete_fields:
            if field.unique and not field.primary_key:
                found[f"{model._meta.label_lower}.{field.name}"] = (model, field)
    return found


def test_every_constraint_has_a_test() -> None:
    assert {v.constraint for v in VIOLATIONS} | TARGETS.keys() == constraints().keys()


@pytest.mark.parametrize(
    "violation", VIOLATIONS, ids=[f"{v.constraint}:{v.what}" for v in VIOLATIONS]
)
def test_the_database_refuses(stage: Stage, violation: Violation) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        violation.write(stage)
        connection.check_constraints()  # foreign keys wait for the commit
    assert is_named(violation.constraint, refusal.value)


def is_named(name: str, refusal: IntegrityError) -> bool:
    """Whether the refusal speaks of this constraint and of no other."""
    model, constraint = constraints()[name]
    if connection.vendor == "postgresql":
        named = getattr(getattr(refusal.__cause__, "diag", None), "constraint_name", "")
        if not isinstance(constraint, models.Field):
            return str(named) == name
        # Django makes up the name of a unique field's constraint.
        return str(named).startswith(f"{model._meta.db_table}_{constraint.column}")
    return str(refusal).startswith(sqlite_texts(name, model, constraint))


def sqlite_texts(
    name: str, model: type[models.Model], constraint: Any
) -> tuple[str, ...]:
    table = model._meta.db_table
    if isinstance(constraint, models.CheckConstraint):
        return (f"CHECK constraint failed: {name}",)
    if isinstance(constraint, SameNamespace):
        # At once, or when Django asks for what waits for commit.
        return ("FOREIGN KEY constraint failed", f"The row in table '{table}'")
    if isinstance(constraint, models.Field):
        return (f"UNIQUE constraint failed: {table}.{constraint.column}",)
    if not constraint.fields:
        return (f"UNIQUE constraint failed: index '{name}'",)
    columns = [getattr(model, field).field.column for field in constraint.fields]
    return ("UNIQUE constraint failed: " + ", ".join(f"{table}.{c}" for c in columns),)


@pytest.mark.parametrize("name", TARGETS)
def test_what_composite_foreign_keys_refer_to_is_unique(name: str) -> None:
    assert ["id", "namespace_id"] in unique_columns(TARGETS[name]._meta.db_table, name)


def unique_columns(table: str, name: str) -> list[list[str]]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            stored = connection.introspection.get_constraints(cursor, table)[name]
            return [stored["columns"]] if stored["unique"] else []
        # SQLite keeps no names of unique constraints, so any of the table will do.
        cursor.execute(f"PRAGMA index_list({table})")
        indexes = [index for _, index, unique, *_ in cursor.fetchall() if unique]
        columns = []
        for index in indexes:
            cursor.execute(f"PRAGMA index_info({index})")
            columns.append([column for *_, column in cursor.fetchall()])
        return columns


def test_the_rows_of_one_transaction_come_in_any_order(stage: Stage) -> None:
    """As in fixtures of loaddata and in flush; plain foreign keys allow it."""
    permission(stage, robot_id=stage.other_robot.pk + 1000)
    Robot.objects.create(
        pk=stage.other_robot.pk + 1000, namespace=stage.acme, name="late"
    )
    connection.check_constraints()
    assert RepositoryPermission.objects.get(robot__name="late").role == Role.READ


@pytest.mark.parametrize("name", ["ab", "00", "a.b_c-d", "a" * 255, "1-2"])
def test_the_database_takes_good_simple_names(stage: Stage, name: str) -> None:
    namespace = Namespace.objects.create(name=name)
    assert Robot.objects.create(namespace=namespace, name=name).pk
    assert Team.objects.create(namespace=namespace, name=name).pk
    assert User.objects.bulk_create([User(username=name)])


@pytest.mark.parametrize("name", ["a", "a/b/c", "a..b__c--d", "0/0.", "a" * 255])
def test_the_database_takes_good_repository_names(stage: Stage, name: str) -> None:
    assert Repository.objects.create(namespace=stage.acme, name=name).pk


def test_the_same_names_live_in_two_namespaces(stage: Stage) -> None:
    assert stage.web.name == stage.other_web.name
    assert stage.robot.name == stage.other_robot.name
    assert stage.team.name == stage.other_team.name


def test_people_without_an_email_address_are_many(stage: Stage) -> None:
    User.objects.create(username="second")
    User.objects.create(username="third")
    assert User.objects.filter(email="").count() == 2


def test_a_federated_token_with_an_end_is_stored(stage: Stage) -> None:
    token = RobotToken.objects.create(
        robot=stage.robot,
        digest=stage.digest,
        origin=TokenOrigin.FEDERATED,
        expires_at=stage.robot.created_at,
    )
    assert RobotToken.objects.get(pk=token.pk).sealed is None


def test_a_foreign_robot_is_refused_at_commit(committed: Stage) -> None:
    with pytest.raises(IntegrityError):
        permission(committed, robot=committed.other_robot)
    assert not RepositoryPermission.objects.exists()


def test_a_robot_does_not_move_away_from_its_grants(committed: Stage) -> None:
    permission(committed, robot=committed.robot)
    robots = Robot.objects.filter(pk=committed.robot.pk)
    with pytest.raises(IntegrityError):
        robots.update(namespace=committed.other, name="moved")
    assert robots.get().namespace == committed.acme


def test_a_migration_can_take_the_constraint_away_and_put_it_back(
    committed: Stage,
) -> None:
    name = "robots_permission_robot_namespace"
    constraint = SameNamespace(field="robot", name=name)
    migrate(RemoveConstraint("repositorypermission", name))
    try:
        permission(committed, robot=committed.other_robot)
        RepositoryPermission.objects.all().delete()
    finally:
        migrate(AddConstraint("repositorypermission", constraint))
    with pytest.raises(IntegrityError):
        permission(committed, robot=committed.other_robot)


def migrate(operation: Operation) -> None:
    """Carry out one operation on the database as it stands."""
    before = MigrationLoader(connection).project_state()
    if isinstance(operation, AddConstraint):
        name = str(operation.constraint.name)
        RemoveConstraint(operation.model_name, name).state_forwards("robots", before)
    after = before.clone()
    operation.state_forwards("robots", after)
    with connection.schema_editor() as editor:
        operation.database_forwards("robots", editor, before, after)


def test_a_namespace_goes_with_all_that_refers_to_it(committed: Stage) -> None:
    Repository.objects.filter(pk=committed.web.pk).update(mirror_robot=committed.robot)
    permission(committed, robot=committed.robot, role=Role.WRITE)
    committed.acme.delete()
    assert [robot.pk for robot in Robot.objects.all()] == [committed.other_robot.pk]
    assert [row.pk for row in Repository.objects.all()] == [committed.other_web.pk]
