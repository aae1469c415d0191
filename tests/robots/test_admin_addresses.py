"""No address of the admin site breaks it, or reads out what no page shows."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from quaysite.models import User
from robots.models import (
    AuditEvent,
    Namespace,
    PermissionChange,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
)
from tests.conftest import Cast
from tests.robots.admin_pages import AUTOCOMPLETED, MODELS, page

HARMLESS: dict[str, dict[str, str]] = {
    "search: NUL": {"q": "\x00"},
    "search: very long": {"q": "a" * 60_000},
    "search: very many words": {"q": "a " * 20_000},
    "search: quotes": {"q": "\"'\\"},
    "search: wildcards": {"q": "%_*[("},
    "search: not ASCII": {"q": "\N{PILE OF POO}ä"},
    "order: unknown column": {"o": "99.-98.0"},
    "order: no number": {"o": "x.-.."},
    "order: NUL": {"o": "\x00"},
    "order: huge": {"o": "9" * 5_000},
    "page: zero": {"p": "0"},
    "page: negative": {"p": "-1"},
    "page: too far": {"p": "999999"},
    "page: huge": {"p": "9" * 30},
    "page: too many digits": {"p": "9" * 5_000},
    "page: no number": {"p": "\x00"},
    "all": {"all": ""},
    "facets": {"_facets": "True"},
    "popup": {"_popup": "1"},
    "error twice": {"e": "1", "p": "999999"},
    "id: no number": {"id": "x"},
    "id: NUL": {"id__exact": "\x00"},
    "id: huge": {"id__exact": "9" * 30},
    "id: too many digits": {"id__in": "1," + "9" * 5_000},
    "namespace: NUL": {"namespace": "\x00"},
    "namespace: very long": {"namespace": "a" * 60_000},
    "namespace id: no number": {"namespace__id__exact": "x"},
    "kind: NUL": {"kind": "\x00"},
    "kind: unknown": {"kind": "nothing"},
    "grantee: NUL": {"grantee": "\x00"},
    "choice: NUL": {"role__exact": "\x00"},
    "switch: NUL": {"enabled__exact": "\x00"},
    "time: NUL": {"created_at__gte": "\x00"},
    "time: no date": {"created_at__gte": "2026-13-45"},
    "time: far": {"created_at__lt": "99999-01-01"},
    "year: no number": {"created_at__year": "x"},
    "year: zero": {"created_at__year": "0"},
    "year: last": {"created_at__year": "9999"},
    "year: huge": {"created_at__year": "9" * 30},
    "month: 13": {"created_at__year": "2026", "created_at__month": "13"},
    "day alone": {"created_at__day": "32"},
    "unknown field": {"nothing": "1"},
    "unknown field's field": {"nothing__exact": "1"},
}


@pytest.mark.parametrize("query", HARMLESS.values(), ids=HARMLESS)
def test_odd_values_in_the_address_of_a_list_do_no_harm(
    admin_client: Client, cast: Cast, query: dict[str, str]
) -> None:
    for model in MODELS:
        response = admin_client.get(page(model, "changelist"), query, follow=True)
        assert response.status_code == 200, model


FORBIDDEN: dict[str, tuple[type[Model], str]] = {
    "a token's digest": (RobotToken, "digest"),
    "how a digest begins": (RobotToken, "digest__startswith"),
    "whether a digest is later": (RobotToken, "digest__gte"),
    "the sealed copy": (RobotToken, "sealed__isnull"),
    "a digest, from the robot": (Robot, "tokens__digest__gte"),
    "a digest, from the namespace": (Namespace, "robots__tokens__digest__exact"),
    "a password": (User, "password"),
    "how a password begins": (User, "password__startswith"),
    "a password, from a grant": (RepositoryPermission, "user__password__gte"),
    "a password, from an event": (AuditEvent, "performer_user__password__gte"),
    "a regular expression": (Robot, "name__regex"),
    "a path into metadata": (Robot, "metadata__a__b"),
}


@pytest.mark.parametrize("model, lookup", FORBIDDEN.values(), ids=FORBIDDEN)
def test_no_filter_reads_what_no_page_shows(
    admin_client: Client, cast: Cast, model: type[Model], lookup: str
) -> None:
    whole = page(model, "changelist")

    response = admin_client.get(whole, {lookup: "digest"})

    assert (response.status_code, response.headers["Location"]) == (302, f"{whole}?e=1")


def test_no_other_column_is_a_reference(admin_client: Client, cast: Cast) -> None:
    response = admin_client.get(page(RobotToken, "changelist"), {"_to_field": "digest"})

    assert response.status_code == 400


ODD_IDS = ["0", "-1", "x", "9" * 30, "9" * 5_000, "_00", "%00", "1/../2", "_5F"]


@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: odd[:8])
def test_unknown_ids_lead_back_to_the_index(
    admin_client: Client, cast: Cast, odd: str
) -> None:
    for url in pages_of(odd):
        for response in (
            admin_client.get(url, follow=True),
            admin_client.post(url, {"post": "yes"}, follow=True),
        ):
            assert response.status_code in {200, 403, 404}, url


def pages_of(odd: str) -> Iterator[str]:
    for model in MODELS:
        root = page(model, "changelist")
        yield from (f"{root}{odd}/{name}/" for name in ("change", "delete", "history"))
    yield f"/admin/quaysite/user/{odd}/password/"


@pytest.mark.parametrize("odd", ["\x00", "a" * 60_000, "9" * 5_000, "'\"%", ""])
def test_odd_terms_of_autocompletion_do_no_harm(
    admin_client: Client, cast: Cast, odd: str
) -> None:
    for model, field in AUTOCOMPLETED:
        query = {"app_label": "robots", "model_name": model, "field_name": field}
        found = admin_client.get("/admin/autocomplete/", {**query, "term": odd})
        far = admin_client.get("/admin/autocomplete/", {**query, "page": odd or "0"})
        assert (found.status_code, far.status_code) == (200, 404)


PREFILLED: list[dict[str, Any]] = [
    {"expires_at": "x", "role": "\x00", "metadata": "{", "created_at": "x"},
    {"namespace": "x", "repository": "9" * 30, "robot": "\x00", "user": "9" * 5_000},
]


@pytest.mark.parametrize("given", PREFILLED, ids=["values", "references"])
def test_odd_values_in_the_address_of_an_empty_form_do_no_harm(
    admin_client: Client, cast: Cast, given: dict[str, Any]
) -> None:
    for model in set(MODELS) - {AuditEvent, PermissionChange, RobotToken}:
        assert admin_client.get(page(model, "add"), given).status_code == 200


def test_a_link_may_prefill_the_namespace_of_a_form(
    admin_client: Client, cast: Cast
) -> None:
    response = admin_client.get(page(Repository, "add"), {"namespace": cast.acme.pk})
    robot = admin_client.get(page(Robot, "add"), {"namespace": "acme"})

    assert f'<option value="{cast.acme.pk}" selected>acme</option>' in (
        response.content.decode()
    )
    assert robot.context["form"].namespace == cast.acme
