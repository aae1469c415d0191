"""S-23 and S-24: a token grants what one may, and tells nothing of the rest."""

import re

from abuse.api import new_name
from abuse.asking import Answer
from abuse.case import Case
from abuse.endpoint import Account, granted, scope, token_in
from abuse.needs import Robot
from abuse.target import Need, Target
from abuse.verdict import Findings, NotApplicable, Verdict

_ALL = ("pull", "push", "delete", "*")

_DEFAULTS = (
    ("admin", "admin"),
    ("admin", "password"),
    ("admin", "Harbor12345"),
    ("quay", "password"),
    ("root", "root"),
    ("quaysite", "quaysite"),
)
"""What installers of registries have shipped, and what people type."""


def not_widened(target: Target) -> Verdict:
    """However it is asked, the robot gets what it may and not one action more."""
    robot, findings = target.robot, Findings()
    allowed = {robot.repository: set(robot.may)}
    if (
        granted(target.endpoint.ask(robot, scope(robot.repository, *robot.may)))
        != allowed
    ):
        raise NotApplicable("the robot of [robot] does not get what it may")
    for what, scopes in _wide(robot).items():
        answer = target.endpoint.ask(robot, *scopes)
        got = granted(answer)
        more = {
            name: actions - allowed.get(name, set())
            for name, actions in got.items()
            if actions - allowed.get(name, set())
        }
        findings.check(not more, f"{what}: grants {more}")
        findings.check(0 < answer.status < 500, f"{what}: {answer.status}")
    return findings.verdict("never more than its own")


def _wide(robot: Robot) -> dict[str, list[str]]:
    mine, namespace = robot.repository, robot.namespace
    name = mine.partition("/")[2]
    forbidden = robot.forbidden or f"{namespace}/{new_name()}"
    # No push to what does not exist: a service may create it.
    return {
        "every action": [scope(mine, *_ALL)],
        "actions one by one": [scope(mine, action) for action in _ALL],
        "an unknown action": [scope(mine, "pull", "admin", "PUSH", "push\t")],
        "every repository": ["repository:*:pull,push,*"],
        "every one of the namespace": [f"repository:{namespace}/*:pull,push,*"],
        "another beside its own": [scope(mine, "pull"), scope(forbidden, "pull")],
        "in one parameter": [f"{scope(mine, 'pull')} {scope(forbidden, 'pull')}"],
        "through its own": [scope(f"{mine}/../{forbidden.partition('/')[2]}", "pull")],
        "in capitals": [scope(forbidden.upper(), "pull")],
        "behind a slash": [scope(f"/{forbidden}", "pull")],
        "with two slashes": [scope(forbidden.replace("/", "//"), "pull")],
        "with an end": [
            scope(f"{forbidden}/", "pull"),
            scope(f"{forbidden}%2f", "pull"),
        ],
        "as a class": [f"repository(plugin):{forbidden}:pull"],
        "the catalog": ["registry:catalog:*"],
        "everything of the registry": ["registry:*:*"],
        "a name that begins like its own": [
            scope(f"{namespace}/{name}-{new_name()}", "pull")
        ],
    }


def foreign(target: Target) -> Verdict:
    """Neither robot reaches the other's repository."""
    findings = Findings()
    one, other = target.robot, target.other_robot
    for who, theirs in ((one, other), (other, one)):
        if not theirs.repository:
            continue
        got = granted(target.endpoint.ask(who, scope(theirs.repository, *_ALL)))
        findings.check(not got, f"{who.name} is granted {got}")
    return findings.verdict("nothing of the other namespace")


def not_revealed(target: Target) -> Verdict:
    """Who may not see a repository hears the same whether it exists or not."""
    robot, findings = target.robot, Findings()
    missing = f"{robot.forbidden.partition('/')[0]}/{new_name()}"
    elsewhere = target.needs.other_robot
    callers: list[tuple[str, Account | None]] = [
        ("its robot", robot),
        ("nobody", None),
        *([("a stranger", elsewhere)] if elsewhere else []),
    ]
    for who, account in callers:
        answers = {
            name: target.endpoint.ask(account, scope(name, "pull"))
            for name in (robot.forbidden, missing)
        }
        there, not_there = (_look(answer, name) for name, answer in answers.items())
        findings.check(there == not_there, f"{who} can tell: {there} or {not_there}")
        got = granted(answers[robot.forbidden])
        findings.check(not got, f"{who} is granted {got}")
    return findings.verdict("denied and missing look alike")


def _look(answer: Answer, name: str) -> str:
    """What can be told of an answer, without the name and what differs each time."""
    if token_in(answer):
        return f"{answer.status} {sorted(map(sorted, granted(answer).values()))}"
    said = answer.text.replace(name, "NAME")
    for part in name.split("/"):
        said = said.replace(part, "PART")
    told = answer.header("www-authenticate").replace(name, "NAME")
    return f"{answer.status} {re.sub(r'[0-9a-f-]{16,}', 'ID', said)[:200]} {told}"


def defaults(target: Target) -> Verdict:
    """No name and password that everybody knows."""
    findings = Findings()
    for name, password in _DEFAULTS:
        status = target.endpoint.tried(name, password)
        findings.check(400 <= status < 500, f"{name} with {password!r}: {status}")
    return findings.verdict("none is taken")


CASES = (
    Case("S-23a", "scopes are never widened", (Need.ROBOT,), not_widened),
    Case("S-23b", "no robot reaches another namespace",
         (Need.ROBOT, Need.OTHER_ROBOT), foreign),
    Case("S-23c", "denied and missing look alike",
         (Need.ROBOT, Need.FORBIDDEN), not_revealed),
    Case("S-24", "no default credentials", (), defaults),
)  # fmt: skip
