"""Repositories of one organization, and who may do what with each."""

from collections.abc import Callable, Mapping
from typing import Any

from robots.accessfile.documents import GrantDocument, RepositoryDocument
from robots.errors import DomainError
from robots.importing.answers import Unusable, called, flag, text
from robots.names import TEAM_PREFIX, is_repository_name, simple_name_issue
from robots.quay.accounts import account_in, robot_in
from robots.quay.api import QuayApi, part
from robots.roles import Role, State, Visibility
from robots.text import MAX_REPOSITORY_DESCRIPTION, check_description

Watch = Callable[[int, int], None]
"""Called with how many repositories were read, and how many there are."""

_IMAGES = "image"
_ORGANIZATION_MIRROR = "ORG_MIRROR"


def read_repositories(
    api: QuayApi, namespace: str, watch: Watch
) -> dict[str, RepositoryDocument]:
    """Read them by name. Their permissions are asked for one by one."""
    fields: dict[str, dict[str, Any]] = {}
    for item in api.items("/repository", "repositories", {"namespace": namespace}):
        try:
            name = _name(namespace, item)
            fields[name] = _fields(api, f"{namespace}/{name}", item)
        except Unusable as error:
            api.leftovers.add("repository", called(item), str(error))
    documents = {}
    for done, name in enumerate(fields, start=1):
        documents[name] = _read(api, namespace, name, fields[name])
        watch(done, len(fields))
    return documents


def role_of(said: Any) -> Role:
    """Raises Unusable."""
    try:
        return Role.from_name(text(said, "role"))
    except ValueError:
        raise Unusable("its role is not read, write or admin") from None


def team_in(said: Any) -> str:
    """`team:NAME`. Raises Unusable."""
    name = text(said, "name")
    if simple_name_issue(name, "Team"):
        raise Unusable("a team cannot have this name here")
    return TEAM_PREFIX + name


def _name(namespace: str, item: Any) -> str:
    if text(item, "namespace") != namespace:
        raise Unusable("a repository of another namespace")
    if text(item, "kind", _IMAGES) != _IMAGES:
        raise Unusable("holds no images")
    name = text(item, "name")
    if not is_repository_name(name):
        raise Unusable("a repository cannot have this name here")
    return name


def _fields(api: QuayApi, full_name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    public = flag(item, "is_public")
    fields: dict[str, Any] = {
        "visibility": Visibility.PUBLIC if public else Visibility.PRIVATE,
        "state": _state(text(item, "state", State.NORMAL.label)),
    }
    try:
        description = text(item, "description", "")
        check_description(description, MAX_REPOSITORY_DESCRIPTION)
        fields["description"] = description
    except (Unusable, DomainError) as error:
        api.leftovers.add("description of repository", full_name, str(error))
    return fields


def _state(label: str) -> State:
    """Raises Unusable for one that may mean that less is allowed there."""
    if label == _ORGANIZATION_MIRROR:
        return State.MIRROR
    if label not in State.labels:
        raise Unusable("its state is not NORMAL, READ_ONLY or MIRROR")
    return State[label]


def _read(
    api: QuayApi, namespace: str, name: str, fields: dict[str, Any]
) -> RepositoryDocument:
    full_name = f"{namespace}/{name}"
    if fields["state"] == State.MIRROR:
        _read_mirror(api, namespace, full_name, fields)
    return RepositoryDocument(fields, _permissions(api, namespace, full_name))


def _read_mirror(
    api: QuayApi, namespace: str, full_name: str, fields: dict[str, Any]
) -> None:
    """Which robot pushes there; what it copies, and when, is for the registry."""
    with api.optional("mirror of repository", full_name):
        said = api.document(f"/repository/{part(full_name)}/mirror")
        robot = said.get("robot_username")
        api.leftovers.add("mirror settings of", full_name, "nothing is mirrored here")
        try:
            name = robot_in(namespace, text(said, "robot_username"))
            fields["mirror_robot"] = name.partition("+")[2]
        except Unusable as error:
            api.leftovers.add(f"mirror robot of {full_name}", robot, str(error))


def _permissions(
    api: QuayApi, namespace: str, full_name: str
) -> dict[str, GrantDocument]:
    path = f"/repository/{part(full_name)}/permissions"
    granted: dict[str, GrantDocument] = {}
    for kind in ("user", "team"):
        with api.optional(f"permissions of {kind}s on", full_name):
            for item in api.items(f"{path}/{kind}/", "permissions"):
                try:
                    grantee = (
                        account_in(namespace, item) if kind == "user" else team_in(item)
                    )
                    granted[grantee] = GrantDocument(role_of(item))
                except Unusable as error:
                    noun = f"permission on {full_name} of"
                    api.leftovers.add(noun, called(item), str(error))
    return granted
