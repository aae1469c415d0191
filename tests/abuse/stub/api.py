"""As much of Quay's API as the kit calls."""

import re
from collections.abc import Callable
from typing import Any

from tests.abuse.stub.answers import Reply, Request, answer
from tests.abuse.stub.world import Refused, Robot, World, new_secret

_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_TRUST = {"issuer", "subject", "audiences", "subject_match", "single_use"}
_ROBOT = re.compile(r"/organization/(\w+)/robots/([^/]*)(/\w+)?")
_LIST = re.compile(r"/organization/(\w+)/robots")
_OF_NAMESPACE = re.compile(r"/organization/(\w+)(/\w+)?")
_GRANT = re.compile(r"/repository/(.+)/permissions/user/(.+)")

Answering = Callable[[World, Request, Robot], Reply]


def reply(world: World, request: Request) -> Reply:
    """Raises Refused."""
    shown = request.headers.get("authorization", "").partition(" ")[2]
    caller = world.tokens.get(shown)
    if caller is None:
        raise Refused(401)
    path = request.path.removeprefix("/api/v1")
    if found := _GRANT.fullmatch(path):
        return _grant(world, request, caller, found[1], found[2])
    if path.startswith("/repository"):
        return _repository(world, request, caller, path)
    if found := _LIST.fullmatch(path):
        return _list(world, request, caller, found[1])
    if found := _ROBOT.fullmatch(path):
        return _robot(world, request, caller, found)
    if found := _OF_NAMESPACE.fullmatch(path):
        _check(world, caller, found[1], "shows foreign lists")
        return answer(200, {})
    raise Refused(404)


def _check(world: World, caller: str, namespace: str, unless: str) -> None:
    if caller != namespace and not world.has(unless):
        raise Refused(403)


def _list(world: World, request: Request, caller: str, namespace: str) -> Reply:
    if caller != "auditor":
        _check(world, caller, namespace, "shows foreign lists")
    wanted = request.query.get("token", ["true"]) != ["false"]
    shows = wanted and caller == namespace
    if world.has("shows secrets in lists"):
        shows = True
    robots = [robot for robot in world.robots.values() if robot.namespace == namespace]
    return answer(200, {"robots": [_view(robot, token=shows) for robot in robots]})


def _view(robot: Robot, *, token: bool) -> dict[str, Any]:
    return {"name": robot.name, **({"token": robot.secret} if token else {})}


def _robot(world: World, request: Request, caller: str, found: re.Match[str]) -> Reply:
    namespace, short, rest = found[1], found[2], found[3]
    if caller == "auditor" and request.method == "GET":
        return answer(200, {})
    _check(world, caller, namespace, "lets anybody at robots")
    if not _NAME.fullmatch(short) or len(short) > 255:
        raise Refused(400)
    name = f"{namespace}+{short}"
    if request.method == "PUT" and not rest:
        if name in world.robots:
            raise Refused(400)
        return answer(201, _view(world.add_robot(name), token=True))
    robot = world.robots.get(name)
    if robot is None:
        raise Refused(400)
    if rest is None:
        return _itself(world, request, robot)
    if (doing := _PARTS.get(rest)) is None:
        raise Refused(404)
    return doing(world, request, robot)


def _itself(world: World, request: Request, robot: Robot) -> Reply:
    if request.method == "DELETE":
        del world.robots[robot.name]
    if request.method == "PATCH":
        robot.enabled = bool(request.json["enabled"])
    return answer(200, _view(robot, token=True))


def _regenerate(_: World, __: Request, robot: Robot) -> Reply:
    robot.old.add(robot.secret)
    robot.secret = new_secret()
    return answer(200, _view(robot, token=True))


def _federation(world: World, request: Request, robot: Robot) -> Reply:
    if request.method == "POST":
        robot.trusts = [_trust(world, entry) for entry in request.json]
    return answer(200, robot.trusts)


def _trust(world: World, entry: dict[str, Any]) -> dict[str, Any]:
    """What is stored of an entry. Raises Refused."""
    if set(entry) - _TRUST and not world.has("drops unknown keys"):
        raise Refused(400)
    is_glob = entry.get("subject_match") == "glob"
    if is_glob and not world.has("stores broad patterns"):
        _check_breadth(entry["subject"])
    dropped = {"audiences"} if world.has("drops audiences") else set()
    return {k: v for k, v in entry.items() if k in _TRUST - dropped}


def _check_breadth(subject: str) -> None:
    fixed = subject.replace("*", "").replace("repo:", "")
    if "@" not in fixed:
        raise Refused(400)


_PARTS: dict[str, Answering] = {
    "/regenerate": _regenerate,
    "/federation": _federation,
    "/permissions": lambda *_: answer(200, {}),
}


def _repository(world: World, request: Request, caller: str, path: str) -> Reply:
    if request.method == "POST":
        said = request.json
        _check(world, caller, said["namespace"], "")
        world.repositories.add(f"{said['namespace']}/{said['repository']}")
        return answer(201, {})
    name = path.removeprefix("/repository/")
    _check(world, caller, name.partition("/")[0], "")
    if request.method == "DELETE":
        world.repositories.discard(name)
    return answer(200, {})


def _grant(
    world: World, request: Request, caller: str, repository: str, robot: str
) -> Reply:
    namespace = repository.partition("/")[0]
    _check(world, caller, namespace, "grants anything")
    foreign = robot.partition("+")[0] != namespace
    if foreign and not world.has("grants across namespaces"):
        raise Refused(400)
    world.grants[robot, repository] = {"pull", "push"}
    return answer(200, {})
