"""A secret that was imported, on the page of its robot: shown, and revoked alone."""

import pytest
from django.urls import reverse
from django.utils import timezone

from robots.models import AuditEvent, ImportedSecret, Robot
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import page
from tests.robots.admin_people import events_by, signed_in, staff

pytestmark = pytest.mark.django_db

KIND = "revoke_imported_secret"


@pytest.fixture
def held(cast: Cast) -> ImportedSecret:
    """acme+ci has nothing else to log in with."""
    cast.ci.tokens.all().delete()
    return factories.imported_secret(cast.ci, "Harbor12345")


def details(cast: Cast) -> str:
    response = signed_in(cast.alice).get(page(Robot, "change", cast.ci.pk))
    assert response.status_code == 200
    return response.content.decode()


def revocation(robot: Robot) -> str:
    return reverse("admin:robots_robot_revoke_imported", args=[robot.pk])


def test_the_page_tells_of_it_and_shows_nothing_of_it(
    cast: Cast, held: ImportedSecret
) -> None:
    shown = details(cast)
    assert "A secret from another registry" in shown
    assert revocation(cast.ci) in shown
    assert "It has no token" not in shown
    assert held.digest not in shown and held.salt not in shown


def test_the_page_tells_of_its_end(cast: Cast, held: ImportedSecret) -> None:
    assert ">ended<" not in details(cast)
    ImportedSecret.objects.update(expires_at=timezone.now())
    assert ">ended<" in details(cast)


def test_a_robot_without_one_has_nothing_of_it(cast: Cast) -> None:
    shown = details(cast)
    assert "from another registry" not in shown
    assert revocation(cast.ci) not in shown


def test_it_is_revoked_alone(cast: Cast, held: ImportedSecret) -> None:
    response = signed_in(cast.alice).post(revocation(cast.ci))
    assert response.headers["Location"] == page(Robot, "change", cast.ci.pk)
    assert not ImportedSecret.objects.exists()
    ((kind, facts),) = events_by(cast.alice)
    assert (kind, facts["robot"]) == (KIND, "ci")
    assert "It has no token" in details(cast)


def test_a_second_time_is_told(cast: Cast) -> None:
    client = signed_in(cast.alice)
    response = client.post(revocation(cast.ci), follow=True)
    assert "has no imported secret" in response.content.decode()
    assert not AuditEvent.objects.filter(kind=KIND).exists()


def test_a_get_revokes_nothing(cast: Cast, held: ImportedSecret) -> None:
    assert signed_in(cast.alice).get(revocation(cast.ci)).status_code == 405
    assert ImportedSecret.objects.exists()


def test_others_cannot(cast: Cast, held: ImportedSecret) -> None:
    people = {
        cast.bob: 403,
        cast.charlie: 404,
        staff("looker", ("view", Robot), ("change", Robot)): 403,
    }
    for person, status in people.items():
        response = signed_in(person).post(revocation(cast.ci))
        assert response.status_code == status
    assert ImportedSecret.objects.exists()
    assert not AuditEvent.objects.filter(kind=KIND).exists()
    unknown = reverse("admin:robots_robot_revoke_imported", args=[999_999])
    assert signed_in(cast.alice).post(unknown).status_code == 404
