"""An imported secret, and what a login with it leaves."""

from robots.models import AuditEvent, ImportedSecret, Robot

WEB = "repository:acme/web:pull"
SECRET = "Harbor12345xyzHarbor12345xyzABCD"
KIND = "exchange_robot_secret"


def events() -> int:
    return AuditEvent.objects.filter(kind=KIND).count()


def assert_nothing_came_of_it(robot: Robot) -> None:
    assert ImportedSecret.objects.filter(robot=robot).count() == 1
    assert not robot.tokens.exists()
    assert not events()
