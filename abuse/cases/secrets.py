"""S-25 to S-27 and S-32: secrets, refresh tokens, and their ends."""

import statistics
import time
from collections.abc import Callable

from abuse import tokens
from abuse.api import new_name
from abuse.asking import Answer
from abuse.case import Case
from abuse.endpoint import basic, granted, scope, token_in
from abuse.needs import Person, Robot
from abuse.target import Need, Target
from abuse.verdict import Findings, NotApplicable, Verdict

_WRONG = 30
"""Wrong secrets of one name in a row: more than any process counts before it stops."""

_ROUNDS, _EACH, _EACH_SLOW = 5, 5, 1
_SLOW = 0.05
"""Seconds; such an answer is hardly changed by what else is going on."""

_RATIO, _LEAST = 1.6, 0.002
"""Answers differ if one takes so many times the other, and so many seconds more."""

_BCRYPT = 72
"""Bytes, after which bcrypt reads no more of a password."""


def refresh(target: Target) -> Verdict:
    """docker uses one refresh token again and again (moby#39718)."""
    robot, findings = target.robot, Findings()
    answer = target.endpoint.ask(robot, offline_token="true", client_id="abuse")  # noqa: S106
    given = (answer.json or {}).get("refresh_token") if token_in(answer) else None
    if not given:
        raise NotApplicable("the service gives no refresh tokens")
    target.asker.secrets.add(given)
    wanted = scope(robot.repository, *robot.may)
    for turn in ("first", "second", "third"):
        got = granted(_refreshed(target, given, wanted))
        good = got == {robot.repository: set(robot.may)}
        findings.check(good, f"the {turn} use grants {got}")
    more = granted(
        _refreshed(target, given, scope(robot.repository, "pull", "push", "*"))
    )
    wide = {name: a - set(robot.may) for name, a in more.items() if a - set(robot.may)}
    findings.check(not wide, f"it grants more than the robot may: {wide}")
    changed = f"{given[:-1]}{'A' if given[-1] != 'A' else 'B'}"
    for what, text in (("cut", given[:-3]), ("with another end", changed)):
        answer = _refreshed(target, text, wanted)
        findings.check(answer.refused, f"{what} it is answered {answer.status}")
    return findings.verdict("it can be used again, and only whole")


def _refreshed(target: Target, token: str, wanted: str) -> Answer:
    return target.endpoint.post(
        grant_type="refresh_token", refresh_token=token, scope=wanted
    )


def no_lockout(target: Target) -> Verdict:
    """Whoever guesses a robot's secret stops nobody who has it, elsewhere."""
    robot, findings = target.robot, Findings()
    attacker, client = target.asker.source(), target.asker.source()
    seen = [
        _login(target, robot.name, "wrong-" + new_name(), attacker)
        for _ in range(_WRONG)
    ]
    for status in set(seen):
        findings.check(400 <= status < 500, f"a wrong secret is answered {status}")
    status = _login(target, robot.name, robot.secret, client)
    findings.check(
        status == 200, f"after {_WRONG} wrong ones the right one gets {status}"
    )
    if 429 not in seen:
        findings.note(f"{_WRONG} wrong secrets in a row were not throttled")
    return findings.verdict("the right secret works from another address")


def _login(target: Target, name: str, secret: str, source: str | None) -> int:
    return target.endpoint.ask_raw(basic(name, secret), source=source).status


def endings(target: Target) -> Verdict:
    """Regenerated, disabled or deleted: the next login is refused."""
    findings, api = Findings(), target.api
    with api.robot() as robot:
        old = robot.secret
        _expect(target, findings, robot.name, old, 200, "a new robot")
        new = api.secret_of(api.call("POST", f"{robot.path}/regenerate"))
        findings.check(new not in ("", old), "regenerating gives no new secret")
        _expect(target, findings, robot.name, old, 401, "the secret of before")
        _expect(target, findings, robot.name, new, 200, "the new one")
        if api.call("PATCH", robot.path, {"enabled": False}).status == 200:
            _expect(target, findings, robot.name, new, 401, "a disabled robot's secret")
            api.call("PATCH", robot.path, {"enabled": True})
        else:
            findings.note("the API cannot disable a robot, so that was not looked at")
        api.call("DELETE", robot.path)
        _expect(target, findings, robot.name, new, 401, "a deleted robot's secret")
    return findings.verdict("each end is there at the next request")


def _expect(
    target: Target, findings: Findings, name: str, secret: str, status: int, what: str
) -> None:
    got = target.endpoint.tried(name, secret)
    findings.check(got == status, f"{what}: {got}, not {status}")


def lifetime(target: Target) -> Verdict:
    """What was issued before an end lives on for a time that is bounded."""
    answer = target.endpoint.ask(target.robot)
    token, now = token_in(answer), time.time()
    if not token:
        raise NotApplicable(f"the robot of [robot] gets no token: {answer.status}")
    findings, longest = Findings(), target.needs.max_lifetime
    told = (answer.json or {}).get("expires_in")
    if told is not None:
        findings.check(told <= longest, f"expires_in is {told}, over {longest}")
    exp = tokens.read(token)[1].get("exp")
    lasts = exp - now if isinstance(exp, int | float) else None
    bounded = lasts is not None and lasts <= longest + 60
    findings.check(bounded, f"it lives {lasts} s, over {longest}")
    return findings.verdict(f"{lasts:.0f} s at most" if lasts else "")


def whole(target: Target) -> Verdict:
    """A secret counts to its last byte."""
    findings = Findings()
    accounts: list[Robot | Person] = [target.robot]
    if target.needs.person:
        accounts.append(target.needs.person)
    for account in accounts:
        name, secret = account.name, account.secret
        if target.endpoint.tried(name, secret) != 200:
            raise NotApplicable(f"{name} cannot log in")
        for what, other in _nearly(secret).items():
            status = target.endpoint.tried(name, other)
            findings.check(400 <= status < 500, f"{name}, {what}: {status}")
        if len(secret.encode()) <= _BCRYPT:
            findings.note(f"{name}'s secret is no longer than {_BCRYPT} bytes")
    return findings.verdict("nothing but the whole secret is taken")


def _nearly(secret: str) -> dict[str, str]:
    last = "x" if secret[-1] != "x" else "y"
    return {
        "another last byte": secret[:-1] + last,
        "one byte less": secret[:-1],
        "one byte more": secret + last,
        "another first byte": ("x" if secret[0] != "x" else "y") + secret[1:],
        "other case": secret.swapcase(),
        "a NUL and more": f"{secret}\0x",
        "a space behind": f"{secret} ",
        "nothing": "",
    }


def timing(target: Target) -> Verdict:
    """An unknown name takes as long as a wrong secret."""
    findings, robot = Findings(), target.robot
    namespace = robot.name.partition("+")[0]
    unknown = f"{namespace}+{new_name()}" if "+" in robot.name else new_name()
    pairs = [("robot", robot.name, unknown)]
    if target.needs.person:
        pairs.append(("person", target.needs.person.name, new_name()))
    for kind, known, nobody in pairs:
        ratios = [
            _ratio(
                lambda known=known: _took(target, known),  # type: ignore[misc]
                lambda nobody=nobody: _took(target, nobody),  # type: ignore[misc]
            )
            for _ in range(_ROUNDS)
        ]
        told = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        findings.check(not _differs(ratios), f"{kind}: wrong to unknown {told}")
        findings.note(f"{kind}: a wrong secret takes {told} times an unknown name")
    return findings.verdict(f"alike within a factor of {_RATIO}")


def _took(target: Target, name: str) -> float:
    """Seconds of a wrong login. Raises NotApplicable if it is throttled."""
    answer = target.endpoint.ask_raw(basic(name, "wrong-" + new_name()))
    if answer.status == 429:
        raise NotApplicable("the service throttles (429), so times say nothing")
    return answer.seconds


def _ratio(known: Callable[[], float], unknown: Callable[[], float]) -> float:
    """Of the medians; 1 where they differ by less than can be told over a network."""
    pairs = [(known(), unknown())]
    count = _EACH_SLOW if min(pairs[0]) > _SLOW else _EACH
    pairs += [(known(), unknown()) for _ in range(count - 1)]
    one, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    return 1.0 if abs(one - other) < _LEAST else one / other


def _differs(ratios: list[float]) -> bool:
    """Whether all rounds say the same. Raises NotApplicable if they contradict."""
    slower = sum(ratio > _RATIO for ratio in ratios)
    faster = sum(ratio < 1 / _RATIO for ratio in ratios)
    if _ROUNDS in (slower, faster):
        return True
    if slower + faster > _ROUNDS // 2:
        raise NotApplicable("rounds contradict each other: too much else is going on")
    return False


CASES = (
    Case("S-25", "a refresh token can be used again", (Need.ROBOT,), refresh),
    Case("S-27a", "an end takes effect at once", (Need.API, Need.CHANGES), endings),
    Case("S-27b", "issued tokens end soon", (Need.ROBOT,), lifetime),
    Case("S-32a", "secrets are compared whole", (Need.ROBOT,), whole),
    Case("S-32b", "an unknown name takes as long", (Need.ROBOT,), timing),
    Case(
        "S-26", "guessing locks nobody out", (Need.ROBOT, Need.TWO_SOURCES), no_lockout
    ),
)
