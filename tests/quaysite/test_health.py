"""The health probe: true to its word even while the database is away."""

from django.test import Client
from pytest_django import DjangoAssertNumQueries


def test_a_process_that_answers_is_alive(client: Client) -> None:
    """Without the `db` fixture: any query would be an error."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Content-Type"] == "text/plain"


def test_the_probe_asks_nothing_of_the_database(
    db: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.head("/healthz").status_code == 200


def test_a_probe_only_reads(client: Client) -> None:
    response = client.post("/healthz")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


def test_the_first_page_leads_to_the_admin_site(client: Client) -> None:
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")
