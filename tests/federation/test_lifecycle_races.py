"""Changes of trusts that meet each other, and exchanges that meet them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client as DjangoClient
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.entries import Entry
from federation.errors import Refused
from federation.exchange import exchange
from federation.lifecycle import add_trust
from federation.login import log_in
from federation.models import Trust
from quaysite.models import User
from robots.credentials import Secret
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.robots import delete_robot
from robots.models import Namespace, Robot, RobotToken, TokenOrigin
from robots.origin import NOWHERE
from tests import factories
from tests.api.client import Client
from tests.api.conftest import as_user
from tests.api.test_concurrency import all_at_once
from tests.conftest import Cast
from tests.federation.exchanges import GET_URL, ROBOT
from tests.federation.signer import SUBJECT, Signer
from tests.registryauth.endpoint import basic
from tests.robots import admin_pages

__all__ = ["as_user"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="in the tests of SQLite all threads share one connection",
    ),
]

CLIENTS = 20
TRUSTS = "/api/v1/organization/acme/robots/ci/trusts"
APP = {"issuer": "https://issuer.example", "subject": SUBJECT}


@pytest.fixture
def alice(cast: Cast, as_user: Callable[..., Client]) -> Client:
    return as_user(cast.alice)


def test_one_of_many_adds_a_trust(alice: Client) -> None:
    calls = [lambda: alice.post(TRUSTS, APP).status] * CLIENTS
    assert all_at_once(*calls) == {201: 1, 400: CLIENTS - 1}
    assert Trust.objects.count() == 1


def test_each_of_many_has_a_place_of_its_own(alice: Client) -> None:
    calls = [
        (lambda n=n: alice.post(TRUSTS, {**APP, "subject": f"s{n}"}).status)
        for n in range(CLIENTS)
    ]
    assert all_at_once(*calls) == {201: CLIENTS}
    places = Trust.objects.values_list("position", flat=True)
    assert list(places) == list(range(CLIENTS))


def test_changes_of_different_fields_lose_none(cast: Cast, alice: Client) -> None:
    trust = add_trust(cast.ci, Entry(APP["issuer"], APP["subject"]), factories.BY)
    changes: list[dict[str, Any]] = [
        {"name": "new"},
        {"max_age": 60},
        {"single_use": True},
    ]
    changes += [{"audiences": ["quay"]}, {"ignore_case": True}]
    calls = [
        (lambda change=change: alice.patch(f"{TRUSTS}/{trust.pk}", change).status)
        for change in changes
    ]
    assert all_at_once(*calls) == {200: len(changes)}
    assert Trust.objects.get().entry == replace(
        Entry(APP["issuer"], APP["subject"]),
        name="new",
        max_age=60,
        single_use=True,
        audiences=("quay",),
        ignore_case=True,
    )


END: dict[str, Callable[[Client, str], int]] = {
    "removed": lambda client, one: client.delete(one).status,
    "disabled": lambda client, one: client.patch(one, {"enabled": False}).status,
    "narrowed": lambda client, one: client.patch(one, {"audiences": ["x"]}).status,
    "cleared": lambda client, one: (
        client.delete("/api/v1/organization/acme/robots/ci/federation").status
    ),
    "robot deleted": lambda client, one: (
        client.delete("/api/v1/organization/acme/robots/ci").status
    ),
}


GONE: dict[str, Callable[[Cast], object]] = {
    "robot": lambda cast: delete_robot(cast.ci, factories.BY),
    "organization": lambda cast: delete_organization(cast.acme, factories.BY),
    "organization, on the admin site": lambda cast: _administrator().post(
        admin_pages.page(Namespace, "delete", cast.acme.pk), {"name": "acme"}
    ),
}


def _administrator() -> DjangoClient:
    client = DjangoClient()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


@pytest.mark.parametrize("delete", GONE.values(), ids=GONE)
@pytest.mark.parametrize("door", [exchange, log_in], ids=["exchange", "login"])
def test_nobody_who_logs_in_all_the_time_prevents_a_deletion(
    door: Callable[..., object], delete: Callable[[Cast], object], cast: Cast
) -> None:
    """Else a stolen token would keep its robot alive."""
    signer, over = Signer(), Event()
    entry = Entry(APP["issuer"], APP["subject"], keys=signer.jwks())
    add_trust(cast.ci, entry, factories.BY)
    tokens = [[signer.token() for _ in range(150)] for _ in range(6)]

    def insist(mine: list[Secret]) -> None:
        for token in mine:
            if not over.is_set():
                with suppress(Refused):
                    door(ROBOT, token, NOWHERE, timezone.now())
        connections.close_all()

    with ThreadPoolExecutor(len(tokens)) as pool:
        running = [pool.submit(insist, mine) for mine in tokens]
        time.sleep(0.2)
        delete(cast)
        over.set()
        for one in running:
            one.result()
    assert not Robot.objects.filter(name="ci").exists()
    assert not RobotToken.objects.filter(origin=TokenOrigin.FEDERATED).exists()


@pytest.mark.parametrize("end", END.values(), ids=END)
def test_no_token_outlives_a_trust_that_ends_during_exchanges(
    end: Callable[[Client, str], int], cast: Cast, alice: Client, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 0
    signer = Signer()
    trust = add_trust(
        cast.ci, Entry(APP["issuer"], APP["subject"], keys=signer.jwks()), factories.BY
    )
    headers = [basic(ROBOT, signer.token()) for _ in range(CLIENTS)]
    anybody = Client(alice.url)
    exchanges = [
        (lambda header=header: anybody.get(GET_URL, Authorization=header).status)
        for header in headers
    ]
    ending = [lambda: end(alice, f"{TRUSTS}/{trust.pk}")]
    statuses = all_at_once(*exchanges[:10], *ending, *exchanges[10:])
    assert set(statuses) <= {200, 204, 401}
    assert not RobotToken.objects.filter(origin=TokenOrigin.FEDERATED).exists()
