"""A namespace's new name, which everything in it follows.

Robots are `namespace+name` and repositories `namespace/name`, so their full names
change; tokens and rights stay. Images do not move: the registry keeps them under
the old name, which anybody may take from then on.
"""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Length

from robots import audit, names
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, NotFound
from robots.lifecycle import switches
from robots.lifecycle.organizations import NAME_TAKEN, check_nobody_is_called
from robots.models import Namespace, Robot


def rename_organization(namespace: Namespace, name: str, by: Performer) -> Namespace:
    """Give an organization another name; answers the row as it is then.

    Raises NameInvalid, AlreadyExists, NotFound if the organization is gone, or
    DomainError where a robot's full name would become too long.
    """
    names.check_namespace_name(name)
    try:
        with transaction.atomic():
            locked = _locked(namespace)
            if locked.name != name:
                _rename(locked, name, by)
    except IntegrityError:
        raise AlreadyExists(NAME_TAKEN) from None
    return locked


def _locked(namespace: Namespace) -> Namespace:
    rows = Namespace.objects.select_for_update(no_key=True)
    locked = rows.filter(pk=namespace.pk, owner=None).first()
    if locked is None:
        raise NotFound(f"There is no organization {namespace.name}")
    return locked


def give_name(namespace: Namespace, name: str) -> None:
    """Store another name of a namespace, in a transaction: every rename comes by here.

    Raises DomainError if a robot's full name became too long, IntegrityError if the
    name is taken.
    """
    _check_robot_names(namespace, name)
    old_name, namespace.name = namespace.name, name
    namespace.save(update_fields=["name"])
    switches.follow_rename(old_name, name)


def _check_robot_names(namespace: Namespace, name: str) -> None:
    longest = _longest_robot_name(namespace)
    if longest and len(name) + 1 + longest > names.MAX_LENGTH:
        raise DomainError(
            f"The full name of a robot may have {names.MAX_LENGTH} characters;"
            " with this name of its namespace one would have more"
        )


def _rename(locked: Namespace, name: str, by: Performer) -> None:
    check_nobody_is_called(name)
    old_name = locked.name
    give_name(locked, name)
    audit.record("org_change_name", by, locked, old_name=old_name, new_name=name)


def _longest_robot_name(namespace: Namespace) -> int:
    robots = Robot.objects.filter(namespace=namespace)
    return robots.aggregate(longest=Max(Length("name")))["longest"] or 0
