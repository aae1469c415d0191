"""Stars: put on repositories by people, and taken off again. They are not audited."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from robots.errors import NotFound
from robots.models import Repository, Star


def add_star(user: AbstractBaseUser, repository: Repository) -> None:
    """Star `repository`, if that is not so already; NotFound if it is gone."""
    try:
        with transaction.atomic():
            Star.objects.get_or_create(user_id=user.pk, repository=repository)
    except IntegrityError:
        raise NotFound(f"There is no repository {repository.full_name}") from None


def remove_star(user: AbstractBaseUser, namespace: str, name: str) -> None:
    """Take the star off the repository `namespace/name`, if there is one."""
    stars = Star.objects.filter(user_id=user.pk)
    stars.filter(repository__namespace__name=namespace, repository__name=name).delete()
