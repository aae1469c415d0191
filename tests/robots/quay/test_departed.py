"""import_quay leaves alone the robots that were deleted here."""

import pytest
from django.utils import timezone

from registryauth.authentication import authenticate
from registryauth.errors import Unauthorized
from robots.credentials import Secret
from robots.lifecycle.robots import delete_robot
from robots.lookup import robot_named
from robots.models import Robot
from tests import factories
from tests.robots.quay.importing import run_import
from tests.robots.quay.recorded import CI_TOKEN
from tests.robots.quay.server import Quay

pytestmark = pytest.mark.django_db


def test_a_robot_that_was_deleted_here_does_not_come_back_by_itself(quay: Quay) -> None:
    run_import(quay)
    delete_robot(robot_named("acme+ci"), factories.BY)
    ran = run_import(quay, "--organization", "acme")
    told = "robot acme+ci: was deleted here; --restore brings it back"
    assert told in ran.left_out
    assert not Robot.objects.filter(name="ci").exists()
    with pytest.raises(Unauthorized):
        authenticate("acme+ci", Secret(CI_TOKEN), timezone.now())
    ran = run_import(quay, "--organization", "acme", "--restore")
    assert told not in ran.left_out
    now = timezone.now()
    assert authenticate("acme+ci", Secret(CI_TOKEN), now).name == "acme+ci"
