"""What views below one organization share: a personal namespace is none."""

from functools import cached_property
from typing import NoReturn

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser

from robots.api.base import NamespaceViewSet
from robots.api.errors import Missing
from robots.errors import NotFound
from robots.lookup import user_named
from robots.models import Robot
from robots.names import means_robot, parse_robot_name
from robots.standing import Standing, standing_in


class OrganizationScope(NamespaceViewSet):
    """A view of the organization that the path names, or of something in it."""

    @cached_property
    def standing(self) -> Standing:
        """The caller's rights there; those of nobody where there is none."""
        standing = standing_in(self.caller.identity, self.namespace_name)
        if standing is None or not standing.namespace.is_organization:
            self.no_namespace()
        return standing

    def no_namespace(self) -> NoReturn:
        """Only who has rights everywhere may know that there is none."""
        if self.caller.identity.role_everywhere is not None:
            raise Missing
        super().no_namespace()

    def person_named(self, name: str) -> AbstractBaseUser | None:
        """The person called `name`, in this organization or not."""
        try:
            return user_named(name)
        except NotFound:
            return None

    def robot_named(self, name: str) -> Robot | None:
        """The robot with the full name `name`, if it is one of this organization's.

        Those of other namespaces are the same as none: nobody learns of them here.
        """
        parsed = parse_robot_name(name)
        if parsed is None or parsed.namespace != self.namespace.name:
            return None
        robot = Robot.objects.filter(
            namespace=self.namespace, name=parsed.shortname
        ).first()
        if robot is not None:
            robot.namespace = self.namespace
        return robot

    def account_named(self, name: str) -> Robot | AbstractBaseUser | None:
        """A robot of this organization, or any person."""
        return self.robot_named(name) if means_robot(name) else self.person_named(name)


def username_path(prefix: str = "") -> str:
    """The path to the name of a person below `prefix`, for filters and orders."""
    return f"{prefix}{get_user_model().USERNAME_FIELD}"
