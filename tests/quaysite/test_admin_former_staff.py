"""Permissions that somebody kept from days as staff open no page of the admin."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client

from federation.models import Trust
from quaysite.lifecycle.applications import Details, create_application
from quaysite.lifecycle.oidc_accounts import link_account
from quaysite.models import OidcAccount, User
from robots.lifecycle.app_tokens import create_app_token
from robots.lifecycle.default_permissions import create_default_permission
from robots.lifecycle.permission_sets import permission_set
from robots.lifecycle.wanted import Wanted
from robots.roles import Role
from tests import factories
from tests.api.tokens import bearer
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.people_pages import ADD, changed_person, connecting, new_person
from tests.robots.admin_pages import page, post

NEW = "another correct horse"

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
"""Every model that has pages, also those of tomorrow."""


@pytest.fixture
def world(cast: Cast) -> Cast:
    """A row of every model that has pages."""
    Group.objects.create(name="operators")
    create_application(cast.acme, Details("builder"), factories.BY)
    create_app_token(cast.alice, "laptop", factories.BY)
    create_default_permission(cast.acme, cast.team, Role.READ, factories.BY)
    link_account(cast.alice, "https://id.example", "alice", factories.BY)
    bearer(cast.alice, "repo:read")
    Trust.objects.create(robot=cast.ci, issuer="https://issuer.example", subject="s")
    with permission_set(cast.acme) as wanted:
        wanted.want_everywhere([cast.ci], None, Wanted(Role.WRITE))
        wanted.save(factories.BY)
    return cast


@pytest.fixture
def nobody(world: Cast) -> Client:
    """Whoever has no permission, and is in nothing."""
    return signed_in(factories.user("nobody"))


@pytest.fixture
def former(world: Cast) -> Client:
    """Likewise, but for every permission there is, from days as staff."""
    person = factories.user("former")
    person.user_permissions.set(Permission.objects.all())
    return signed_in(person)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def addresses(model: type[Model]) -> list[str]:
    """The pages of a model, and of a row of somebody else's."""
    row = model._default_manager.order_by("pk").first()
    assert row is not None, f"{model} needs a row in `world`"
    found = [page(model, name) for name in ("changelist", "add")]
    found += [page(model, name, row.pk) for name in ("change", "delete", "history")]
    if model is User:
        found.append(f"/admin/quaysite/user/{row.pk}/password/")
    return found


def stored() -> dict[str, list[Any]]:
    """Every row of every model, without what each request leaves behind."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in ("auth", "federation", "quaysite", "robots")
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_s01_permissions_of_who_is_not_staff_count_nowhere(
    nobody: Client, former: Client, model: type[Model]
) -> None:
    for url in addresses(model):
        assert former.get(url).status_code == nobody.get(url).status_code, url

    before = stored()
    row = model._default_manager.order_by("pk").first()
    deletion = {
        "action": "delete_selected",
        "_selected_action": [row.pk] if row else [],
        "post": "yes",
    }
    # A group may be called +; an organization, which everybody may make, may not.
    for data in ({"post": "yes"}, {"name": "+", "username": "+"}, deletion):
        for url in addresses(model):
            got = former.post(url, data).status_code
            assert got == nobody.post(url, data).status_code, url
    assert stored() == before


def test_s01_former_staff_take_nobody_over(former: Client, world: Cast) -> None:
    password = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    own = User.objects.get(username="former")
    change = page(User, "change", world.alice.pk)
    group = Group.objects.get()
    before = stored()
    answers = [
        former.get(page(User, "changelist")),
        former.get(change),
        post(former, f"/admin/quaysite/user/{world.alice.pk}/password/", password),
        post(former, change, changed_person(world.alice, **connecting("mine"))),
        post(former, page(User, "change", own.pk), changed_person(own, is_staff="on")),
        post(former, ADD, new_person("dora")),
        post(former, page(Group, "change", group.pk), {"name": "mine"}),
        former.get(page(User, "changelist"), {"q": "alice"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert stored() == before
    world.alice.refresh_from_db()
    assert world.alice.check_password(PASSWORD)
    assert OidcAccount.objects.count() == 1


def test_staff_who_may_view_people_look_and_change_nothing(world: Cast) -> None:
    viewer = factories.user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client = signed_in(viewer)
    change = page(User, "change", world.alice.pk)
    assert client.get(page(User, "changelist")).status_code == 200
    assert "https://id.example" in client.get(change).content.decode()
    assert post(client, change, changed_person(world.alice)).status_code == 403
