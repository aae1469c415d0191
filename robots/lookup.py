"""From a name as people write it to the row: for commands, API and endpoint alike."""

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser

from robots import conf
from robots.errors import NotFound
from robots.models import Namespace, Repository, Robot, Team
from robots.names import (
    means_robot,
    parse_repository_name,
    parse_robot_name,
    simple_name_issue,
)
from robots.text import is_storable


def namespace_named(name: str) -> Namespace:
    """The namespace called `name`; NotFound if there is none."""
    if simple_name_issue(name, "Namespace") is None:
        found = Namespace.objects.filter(name=name).first()
        if found:
            return found
    raise NotFound(f"There is no namespace {name}")


def robot_named(full_name: str) -> Robot:
    """The robot called `namespace+name`; NotFound if there is none."""
    if name := parse_robot_name(full_name):
        found = (
            Robot.objects.select_related("namespace")
            .filter(namespace__name=name.namespace, name=name.shortname)
            .first()
        )
        if found:
            return found
    raise NotFound(f"There is no robot account {full_name}")


def user_named(username: str) -> AbstractBaseUser:
    """The person called `username`; NotFound if there is none."""
    users = get_user_model()
    if is_storable(username):
        found = users._default_manager.filter(
            **{users.USERNAME_FIELD: username}
        ).first()
        if found:
            return found
    raise NotFound(f"There is no user {username}")


def account_named(name: str) -> Robot | AbstractBaseUser:
    """The robot or person called `name`; NotFound if there is none."""
    return robot_named(name) if means_robot(name) else user_named(name)


def repository_named(path: str) -> Repository:
    """The repository called `namespace/name`; NotFound if there is none."""
    if name := parse_repository_name(path, conf.library_namespace()):
        found = (
            Repository.objects.select_related("namespace")
            .filter(namespace__name=name.namespace, name=name.name)
            .first()
        )
        if found:
            return found
    raise NotFound(f"There is no repository {path}")


def team_named(namespace: Namespace, name: str) -> Team:
    """The team of `namespace` called `name`; NotFound if there is none."""
    if simple_name_issue(name, "Team") is None:
        found = Team.objects.filter(namespace=namespace, name=name).first()
        if found:
            return found
    raise NotFound(f"No team {name} in organization {namespace.name}")
