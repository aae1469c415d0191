"""Organizations on the admin site: the list, a new one, and its settings."""

from typing import Any

import pytest
from django.test import Client

from robots.lifecycle.teams import add_member
from robots.models import Namespace, NamespaceKind, Repository
from robots.roles import TeamRole
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import (
    errors_of,
    events_by_admin,
    messages_of,
    page,
    post,
)
from tests.robots.admin_people import events_by, signed_in, staff

ADD = "/admin/robots/namespace/add/"


def test_a_new_organization_has_its_owners_team(
    admin_client: Client, cast: Cast
) -> None:
    assert post(admin_client, ADD, {"name": "initech"}).status_code == 302

    namespace = Namespace.objects.get(name="initech")
    assert namespace.is_organization
    assert namespace.teams.get().role == TeamRole.ADMIN
    assert events_by_admin() == [("org_create", {"namespace_name": "initech"})]


def test_whoever_creates_an_organization_is_its_first_owner(cast: Cast) -> None:
    data = {"name": "initech", "email": "it@initech.test", "first_owner": "bob"}

    answer = signed_in(cast.charlie).post(ADD, data, follow=True)

    namespace = Namespace.objects.get(name="initech")
    owners = namespace.teams.get()
    assert answer.redirect_chain[-1][0] == "/admin/robots/robot/?namespace=initech"
    assert messages_of(answer) == [
        "Organization initech has been created. Add a robot account to it."
    ]
    assert (owners.name, owners.role) == ("owners", TeamRole.ADMIN)
    assert [row.user for row in owners.members.all()] == [cast.charlie]
    assert namespace.email == "it@initech.test"
    assert events_by(cast.charlie) == [
        ("org_create", {"namespace_name": "initech", "email": "it@initech.test"})
    ]


def test_staff_create_organizations_for_others(cast: Cast) -> None:
    helper = staff("helper", ("add", Namespace))

    signed_in(helper).post(ADD, {"name": "initech", "first_owner": "charlie"})
    refused = signed_in(helper).post(ADD, {"name": "other", "first_owner": "nobody"})

    owners = Namespace.objects.get(name="initech").teams.get()
    assert [row.user for row in owners.members.all()] == [cast.charlie]
    assert errors_of(refused) == {"first_owner": ["There is no user called nobody."]}
    assert not Namespace.objects.filter(name="other").exists()


def test_an_address_that_a_person_has_is_an_error_beside_it(cast: Cast) -> None:
    cast.bob.email = "bob@acme.test"
    cast.bob.save()

    answer = signed_in(cast.charlie).post(
        ADD, {"name": "initech", "email": "bob@acme.test"}
    )

    assert errors_of(answer) == {"email": ["This address cannot be used."]}
    assert not Namespace.objects.filter(name="initech").exists()


def test_who_sees_the_site_is_told_why_an_address_is_refused(
    admin_client: Client, cast: Cast
) -> None:
    cast.bob.email = "bob@acme.test"
    cast.bob.save()

    answer = admin_client.post(ADD, {"name": "initech", "email": "bob@acme.test"})

    assert errors_of(answer) == {
        "email": ["Email has already been used: bob@acme.test"]
    }


def test_a_personal_namespace_cannot_be_made_by_hand(
    admin_client: Client, cast: Cast
) -> None:
    form = admin_client.get(ADD)
    data = {"name": "initech", "kind": "personal", "owner": cast.alice.pk}

    post(admin_client, ADD, data)

    fields = list(form.context["adminform"].form.fields)
    assert fields == ["name", "email", "first_owner"]
    namespace = Namespace.objects.get(name="initech")
    assert (namespace.kind, namespace.owner) == (NamespaceKind.ORGANIZATION, None)


REFUSED_NAMES = {
    "an organization's": "acme",
    "a person's": "alice",
    "empty": "",
    "one letter": "a",
    "capital": "Acme",
    "slash": "a/b",
    "plus": "a+b",
    "NUL": "ab\x00c",
    "trailing newline inside": "ab\ncd",
    "too long": "a" * 256,
}


@pytest.mark.parametrize("name", REFUSED_NAMES.values(), ids=REFUSED_NAMES)
def test_a_bad_or_taken_name_is_an_error_beside_the_name(
    admin_client: Client, cast: Cast, name: str
) -> None:
    before = Namespace.objects.count()

    assert list(errors_of(post(admin_client, ADD, {"name": name}))) == ["name"]
    assert Namespace.objects.count() == before
    assert events_by_admin() == []


def test_a_namespace_is_switched_off_and_on_and_nothing_else_changes(
    admin_client: Client, cast: Cast
) -> None:
    url = page(Namespace, "change", cast.acme.pk)
    hostile = {"name": "evil", "kind": "personal", "owner": cast.bob.pk}

    off = post(admin_client, url, hostile)
    cast.acme.refresh_from_db()
    was_enabled = cast.acme.enabled
    on = post(admin_client, url, {"enabled": "on"})

    cast.acme.refresh_from_db()
    assert (off.status_code, on.status_code) == (302, 302)
    assert (was_enabled, cast.acme.enabled) == (False, True)
    assert (cast.acme.name, cast.acme.kind, cast.acme.owner) == (
        "acme",
        NamespaceKind.ORGANIZATION,
        None,
    )
    assert events_by_admin() == [("disable_namespace", {}), ("enable_namespace", {})]


# --- Settings ------------------------------------------------------------------------


def test_an_administrator_changes_the_address_and_nothing_else(cast: Cast) -> None:
    url = page(Namespace, "change", cast.acme.pk)

    answer = signed_in(cast.alice).post(
        url, {"email": "it@acme.test", "name": "evil"}, follow=True
    )

    cast.acme.refresh_from_db()
    assert messages_of(answer) == ["The settings of acme have been saved."]
    assert (cast.acme.email, cast.acme.name, cast.acme.enabled) == (
        "it@acme.test",
        "acme",
        True,
    )
    assert events_by(cast.alice) == [("org_change_email", {"email": "it@acme.test"})]


def test_a_member_sees_the_settings_but_not_the_address(cast: Cast) -> None:
    cast.acme.email = "it@acme.test"
    cast.acme.save()
    client, url = signed_in(cast.bob), page(Namespace, "change", cast.acme.pk)

    body = client.get(url).content.decode()

    assert client.post(url, {"email": "x@y.test"}).status_code == 403
    assert "What there is" in body
    assert "it@acme.test" not in body
    assert page(Namespace, "delete", cast.acme.pk) not in body
    assert 'name="_save"' not in body


def test_s01_a_stranger_finds_no_organization(cast: Cast) -> None:
    client = signed_in(cast.charlie)

    for name in ("change", "delete", "history"):
        url = page(Namespace, name, cast.acme.pk)
        assert client.get(url).status_code == 404
        assert client.post(url, {"name": "acme"}).status_code == 404
    assert names(client, {}) == ["charlie"]
    assert Namespace.objects.filter(name="acme", email="").exists()


def test_read_only_staff_see_the_settings_and_change_none(cast: Cast) -> None:
    client, url = signed_in(staff("helper")), page(Namespace, "change", cast.acme.pk)

    body = client.get(url).content.decode()

    assert client.post(url, {"email": "x@y.test"}).status_code == 403
    assert 'name="_save"' not in body


def test_a_personal_namespace_has_no_address_and_nothing_to_save(cast: Cast) -> None:
    url = page(Namespace, "change", cast.bob.personal_namespace.pk)

    body = signed_in(cast.bob).get(url).content.decode()

    assert 'name="email"' not in body
    assert 'name="_save"' not in body
    assert "It is deleted when the person is" in body


# --- The list ------------------------------------------------------------------------


def test_the_list_counts_what_there_is_and_leads_to_the_repositories(
    cast: Cast,
) -> None:
    answer = signed_in(cast.alice).get(page(Namespace, "changelist"))

    row = answer.context["cl"].result_list[0]
    assert (row.name, row.repository_count, row.robot_count, row.team_count) == (
        "acme",
        3,
        2,
        2,
    )
    assert 'href="/admin/robots/repository/?namespace=acme"' in answer.content.decode()


def test_s02_a_member_is_told_of_no_more_repositories_than_the_list_shows(
    cast: Cast,
) -> None:
    client = signed_in(cast.bob)

    [acme] = [row for row in listed(client, {}) if row.name == "acme"]
    shown = client.get(page(Repository, "changelist"), {"namespace": "acme"})
    settings = client.get(page(Namespace, "change", cast.acme.pk)).content.decode()

    names_shown = [row.name for row in shown.context["cl"].result_list]
    assert sorted(names_shown) == ["api", "public"]
    assert (acme.repository_count, acme.robot_count, acme.team_count) == (2, 2, 2)
    assert '<a href="/admin/robots/repository/?namespace=acme">2</a>' in settings


def test_s02_the_order_tells_nothing_of_repositories_that_one_may_not_see(
    cast: Cast,
) -> None:
    """By what bob sees, acme has 2 and big 1; by what there is, big has more."""
    big = factories.organization("big", owner=cast.alice)
    add_member(factories.team(big, "guests"), cast.bob, factories.BY)
    for n in range(5):
        factories.repository(big, f"hidden{n}")
    client, fewest_last = signed_in(cast.bob), {"o": "-2", "kind": "organization"}

    assert names(client, fewest_last) == ["acme", "big"]
    assert names(signed_in(cast.alice), fewest_last) == ["big", "acme"]


def test_the_list_begins_with_organizations_and_ones_own_namespace(
    admin_client: Client, cast: Cast
) -> None:
    assert names(admin_client, {}) == ["acme", "admin"]
    assert names(admin_client, {"kind": "organization"}) == ["acme"]
    assert names(admin_client, {"kind": "personal"}) == [
        "admin",
        "alice",
        "bob",
        "charlie",
    ]
    assert len(names(admin_client, {"kind": "all"})) == 5


@pytest.mark.parametrize("column", [2, 3, 4])
def test_the_list_is_sorted_by_each_of_the_counts(
    admin_client: Client, cast: Cast, column: int
) -> None:
    factories.organization("zero").teams.all().delete()

    assert names(admin_client, {"o": f"-{column}", "kind": "organization"}) == [
        "acme",
        "zero",
    ]
    assert names(admin_client, {"o": f"{column}", "kind": "organization"}) == [
        "zero",
        "acme",
    ]


def test_who_is_in_no_organization_is_told_what_to_do_first(cast: Cast) -> None:
    told = "You are in no organization yet."

    for_charlie = signed_in(cast.charlie).get(page(Namespace, "changelist"))
    for_bob = signed_in(cast.bob).get(page(Namespace, "changelist"))

    assert told in for_charlie.content.decode()
    assert ADD in for_charlie.content.decode()
    assert told not in for_bob.content.decode()


def names(client: Client, query: dict[str, str]) -> list[str]:
    return [row.name for row in listed(client, query)]


def listed(client: Client, query: dict[str, str]) -> list[Any]:
    answer = client.get(page(Namespace, "changelist"), query)
    return list(answer.context["cl"].result_list)
