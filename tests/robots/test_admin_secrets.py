"""No page of the admin site shows a secret, or what is kept of one (R6)."""

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from quaysite.models import User
from robots import audit
from robots.models import AuditEvent, DefaultPermission, Robot, RobotToken, TokenOrigin
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import page, post


@pytest.fixture
def everything(admin_client: Client, cast: Cast) -> Cast:
    """At least one row of each model, a changed one among them."""
    RobotToken.objects.create(
        robot=cast.ci,
        origin=TokenOrigin.FEDERATED,
        digest="canary" * 10,
        expires_at=timezone.now() + timedelta(hours=1),
    )
    DefaultPermission.objects.create(namespace=cast.acme, robot=cast.ci, role=Role.READ)
    audit.record("test", factories.BY, cast.acme, token=cast.ci_secret.reveal())
    url = page(Robot, "change", cast.ci.pk)
    post(admin_client, url, {"description": "changed", "metadata": "{}"})
    return cast


def canaries(cast: Cast) -> set[str]:
    """Each secret, and what is stored of it, in the forms that a page might have."""
    found = {cast.ci_secret.reveal(), cast.reader_secret.reveal()}
    for token in RobotToken.objects.all():
        sealed = bytes(token.sealed or b"canary")
        found |= {token.digest, sealed.hex(), base64.b64encode(sealed).decode()}
        found.add(repr(sealed)[2:-1])
    for person in User.objects.all():
        found |= {person.password, person.password.rpartition("$")[2]}
    return found


def pages() -> Iterator[str]:
    """Every address of every registered model, for every stored row."""
    yield from ("/admin/", "/admin/password_change/", "/admin/jsi18n/")
    for model in admin.site._registry:
        yield page(model, "changelist")
        yield page(model, "add")
        for row in model._default_manager.all():
            yield from (page(model, name, row.pk) for name in ("change", "delete"))
            if model is User:
                yield f"/admin/quaysite/user/{row.pk}/password/"
    for field in ("robot", "team", "user", "repository"):
        yield (
            "/admin/autocomplete/?app_label=robots"
            f"&model_name=repositorypermission&field_name={field}"
        )


def confirmation(client: Client, model: type[Model]) -> str:
    """The page that lists what a deletion in bulk would delete."""
    chosen = list(model._default_manager.values_list("pk", flat=True))
    data = {"action": "delete_selected", "_selected_action": chosen}
    return client.post(page(model, "changelist"), data).content.decode()


def test_no_page_shows_a_token_a_digest_a_sealed_copy_or_a_password(
    admin_client: Client, everything: Cast
) -> None:
    bodies = {}
    for url in pages():
        response = admin_client.get(url)
        assert response.status_code in {200, 403}, url
        bodies[url] = response.content.decode()
    for model in admin.site._registry:
        bodies[f"delete {model.__name__}"] = confirmation(admin_client, model)

    together = "\n".join(bodies.values())
    assert together.count("acme+ci") > 20
    for canary in canaries(everything):
        assert [url for url, body in bodies.items() if canary in body] == []


def test_no_message_event_or_session_has_the_token_of_a_robot_just_made(
    admin_client: Client, everything: Cast
) -> None:
    data = {"name": "new", "metadata": "{}", "step": "create"}
    answer = post(admin_client, "/admin/robots/robot/add/?namespace=acme", data)
    made = Robot.objects.get(name="new")
    secret = factories.stored_secret(made)

    assert secret not in answer.cookies["messages"].value
    assert secret not in admin_client.get(answer["Location"]).content.decode()
    assert secret not in str(list(AuditEvent.objects.values()))
    assert secret not in str(dict(admin_client.session.items()))
