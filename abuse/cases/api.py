"""S-01 to S-05: an API in Quay's format, as callers who may not."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from abuse.api import Api, MadeRobot, NotCreated, new_name
from abuse.asking import Answer
from abuse.case import Case
from abuse.endpoint import granted, scope
from abuse.target import Need, Target
from abuse.verdict import Findings, NotApplicable, Verdict


def foreign_grants(target: Target) -> Verdict:
    """S-01: nobody grants a robot what belongs to another namespace."""
    findings, one, other = Findings(), target.api, target.other_api
    with one.robot() as mine, other.robot() as theirs, ExitStack() as made:
        my_repository = made.enter_context(one.repository())
        their_repository = made.enter_context(other.repository())
        attempts = {
            "their robot on my repository": (my_repository, theirs),
            "my robot on their repository": (their_repository, mine),
            "their robot on their repository": (their_repository, theirs),
        }
        for what, (repository, robot) in attempts.items():
            said = one.call(
                "PUT",
                f"/repository/{repository}/permissions/user/{_in_path(robot.name)}",
                {"role": "write"},
            )
            findings.check(said.refused, f"{what}: {said.status}")
            wanted = scope(repository, "pull")
            got = granted(target.endpoint.ask(robot.account(), wanted))
            findings.check(not got, f"{what}: {said.status}, and grants {got}")
    return findings.verdict("no robot crosses namespaces")


def foreign_robots(target: Target) -> Verdict:
    """S-02: no verb and no part of another namespace's robot is for this caller."""
    findings = Findings()
    with target.other_api.robot() as theirs:
        for method, path, document in _everything_of(theirs):
            said = target.api.call(method, path, document)
            findings.check(said.refused, f"{method} {_shape(path)}: {said.status}")
            shown = theirs.secret in said.text
            findings.check(not shown, f"{method} {_shape(path)} shows the secret")
        status = target.endpoint.tried(theirs.name, theirs.secret)
        findings.check(status == 200, f"afterwards its secret is answered {status}")
        findings.check(not theirs.trusts(), "afterwards it has a trust")
    return findings.verdict("each is refused, and nothing changed")


def _everything_of(robot: MadeRobot) -> Iterator[tuple[str, str, Any]]:
    trust = {"issuer": "https://abuse-kit.example", "subject": "repo:abuse/x:y"}
    yield "GET", robot.path, None
    yield "GET", f"{robot.path}/permissions", None
    yield "GET", f"{robot.path}/federation", None
    yield "GET", f"{robot.path}/tokens", None
    yield "PUT", robot.path, {"description": "abuse kit"}
    yield "PATCH", robot.path, {"description": "abuse kit", "enabled": False}
    yield "POST", f"{robot.path}/regenerate", None
    yield "POST", f"{robot.path}/federation", [trust]
    yield "DELETE", f"{robot.path}/federation", None
    yield "POST", f"{robot.path}/trusts", trust
    yield "POST", f"{robot.path}/tokens", {}
    yield "DELETE", robot.path, None


def foreign_reads(target: Target) -> Verdict:
    """S-02: lists and members of another namespace; nothing is written."""
    findings, namespace = Findings(), target.other_api.namespace
    if target.other_api.get(f"/organization/{namespace}/robots").status != 200:
        raise NotApplicable("[api] other_token does not list its own robots")
    for rest in ("robots", "logs", "prototypes", "applications", "members"):
        said = target.api.get(f"/organization/{namespace}/{rest}")
        findings.check(said.refused, f"GET .../{rest}: {said.status}")
    return findings.verdict("nothing of another namespace is shown")


def names(target: Target) -> Verdict:
    """S-03: a robot with a name of somebody important may nothing."""
    findings, api = Findings(), target.api
    wanted = [scope(name, "pull", "push", "*") for name in _repositories(target)]
    refused = 0
    for prefix in ("scanner", "mirror", "admin", "owners", "root", "system"):
        name = f"{prefix}-{new_name()}"
        try:
            with api.robot(name) as robot:
                got = granted(
                    target.endpoint.ask(robot.account(), *wanted, "registry:catalog:*")
                )
                findings.check(not got, f"{robot.name} is granted {got}")
        except NotCreated:
            refused += 1
            findings.check(True, "")
    if refused:
        findings.note(f"{refused} of the names were refused at creation")
    return findings.verdict("no right comes from a name")


def _repositories(target: Target) -> list[str]:
    robot = target.robot
    return [name for name in (robot.repository, robot.forbidden) if name]


def spaces(target: Target) -> Verdict:
    """S-04: a robot's name is no person's, and no person's a robot's."""
    findings, robot = Findings(), target.robot
    namespace, _, short = robot.name.rpartition("+")
    for name in (short, namespace, f"{namespace}+", f"+{short}", f"robot${short}"):
        if name not in ("", robot.name):
            status = target.endpoint.tried(name, robot.secret)
            findings.check(400 <= status < 500, f"its secret as {name!r}: {status}")
    if target.needs.api and target.allow_changes:
        _odd_names(target.api, findings)
    return findings.verdict("the two never meet")


def _odd_names(api: Api, findings: Findings) -> None:
    made = new_name()
    odd = ("", f"{made}+b", f"{made}$b", made.upper(), f"-{made}", f"{made}/b")
    for name in (*odd, f"{made} b", f"{made}\n", made * 20):
        path = f"/organization/{api.namespace}/robots/{_in_path(name)}"
        said = api.call("PUT", path, {})
        findings.check(said.refused, f"a robot called {name[:24]!r}: {said.status}")
        if said.status in (200, 201):
            api.call("DELETE", path)


def canaries(target: Target) -> Verdict:
    """S-05: a secret is in no list, log or answer but to its administrator."""
    findings = Findings()
    canary = target.robot.secret
    for who, path, answer in _read_by_all(target):
        shown = canary in answer.text
        findings.check(not shown, f"{who} reads the robot's secret at {_shape(path)}")
    return findings.verdict("the secret is nowhere")


def _read_by_all(target: Target) -> Iterator[tuple[str, str, Answer]]:
    """Who read what: strangers and auditors everything, administrators the rest."""
    robot = target.robot
    namespace = target.api.namespace
    of_robot = target.api.robot_path(robot.name)
    secretive = (
        of_robot,
        f"/organization/{namespace}/robots",
        f"/organization/{namespace}/robots?permissions=true&token=true",
    )
    anywhere = (
        f"/organization/{namespace}/robots?token=false",
        f"/organization/{namespace}/robots?permissions=true&token=false",
        f"/organization/{namespace}",
        f"/organization/{namespace}/logs",
        f"/organization/{namespace}/aggregatelogs",
        f"/organization/{namespace}/members",
        f"/organization/{namespace}/prototypes",
        f"/repository/{robot.repository}",
        f"/repository/{robot.repository}/permissions/user/",
        f"{of_robot}/permissions",
        f"{of_robot}/federation",
        f"/entities/{robot.name[:4]}?namespace={namespace}",
        f"/find/all?query={robot.name.rpartition('+')[2]}",
        "/user/",
    )
    callers: dict[str, tuple[Api, tuple[str, ...]]] = {
        "an administrator": (target.api, anywhere)
    }
    everything = (*secretive, *anywhere)
    if target.has(Need.OTHER_API):
        callers["a stranger"] = (target.other_api, everything)
    if target.has(Need.AUDITOR):
        callers["an auditor"] = (target.auditor_api, everything)
    for who, (api, paths) in callers.items():
        for path in paths:
            yield who, path, api.get(path)


def _shape(path: str) -> str:
    """A path without what names something."""
    parts = path.partition("?")[0].split("/")
    return "/".join(part if part.isalpha() else "X" for part in parts if part)


def _in_path(name: str) -> str:
    return "".join(c if c.isalnum() or c in "+-._" else f"%{ord(c):02X}" for c in name)


_CHANGES = (Need.API, Need.OTHER_API, Need.CHANGES)

CASES = (
    Case("S-01", "no grant across namespaces", _CHANGES, foreign_grants),
    Case("S-02a", "robots of another namespace", _CHANGES, foreign_robots),
    Case("S-02b", "lists of another namespace",
         (Need.API, Need.OTHER_API), foreign_reads),
    Case("S-03", "no right by name",
         (Need.API, Need.ROBOT, Need.CHANGES), names),
    Case("S-04", "robots and people share no name", (Need.ROBOT,), spaces),
    Case("S-05", "no secret in lists and logs", (Need.API, Need.ROBOT), canaries),
)  # fmt: skip
