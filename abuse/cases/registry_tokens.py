"""H-08 and H-09: what a registry token says, and that a registry believes no other."""

import secrets
import time
from typing import Any

from abuse import tokens
from abuse.case import Case
from abuse.endpoint import granted, scope, token_in
from abuse.target import Need, Target
from abuse.tokens import Pen
from abuse.verdict import Findings, NotApplicable, Verdict

_ASYMMETRIC = {
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
}
_SKEW = 120
"""Seconds by which two clocks may differ."""


def claims(target: Target) -> Verdict:
    """For this service, for a bounded time, once, and for no more than was asked."""
    robot, findings = target.robot, Findings()
    wanted = scope(robot.repository, *robot.may)
    answers = [target.endpoint.ask(robot, wanted) for _ in range(2)]
    both = [tokens.read(_token(target, answer)) for answer in answers]
    for header, said in both:
        _check_header(findings, header)
        _check_claims(findings, said, target)
    first, second = (said.get("jti") for _, said in both)
    findings.check(
        bool(first) and first != second, f"jti is {first!r} twice, or absent"
    )
    got = granted(answers[0])
    expected = {robot.repository: set(robot.may)}
    findings.check(got == expected, f"asked for {expected}, granted {got}")
    return findings.verdict("aud, times, jti and access are right")


def _check_header(findings: Findings, header: dict[str, Any]) -> None:
    algorithm = header.get("alg")
    findings.check(algorithm in _ASYMMETRIC, f"alg is {algorithm!r}")
    jwk = header.get("jwk") or {}
    findings.check(not {"d", "k", "p"} & set(jwk), "the header has a private key")


def _check_claims(findings: Findings, said: dict[str, Any], target: Target) -> None:
    now = time.time()
    aud = said.get("aud")
    # A list of one is the same (RFC 7519, section 4.1.3); of more it is another's too.
    for_us = aud in (target.endpoint.service, [target.endpoint.service])
    findings.check(for_us, f"aud is {aud!r}, the service {target.endpoint.service!r}")
    findings.check(isinstance(said.get("iss"), str) and said["iss"] != "", "no iss")
    findings.check(said.get("sub") == target.robot.name, f"sub is {said.get('sub')!r}")
    exp, begun = said.get("exp"), said.get("nbf", said.get("iat"))
    if not (isinstance(exp, int | float) and isinstance(begun, int | float)):
        findings.check(False, "exp is missing, or both nbf and iat are")
        return
    longest = target.needs.max_lifetime
    findings.check(begun <= now + _SKEW, "the token is not valid yet")
    lasts = exp - max(begun, now - _SKEW)
    findings.check(exp - now > 0, "the token has ended already")
    findings.check(
        lasts <= longest + _SKEW, f"it lives {lasts:.0f} s, over {longest} s"
    )


def _token(target: Target, answer: Any) -> str:
    """Raises NotApplicable for a robot that gets none."""
    token = token_in(answer)
    if not token:
        raise NotApplicable(f"the robot of [robot] gets no token: {answer.status}")
    return token


def forgeries(target: Target) -> Verdict:
    """The registry takes the endpoint's own token, and nothing made of it."""
    findings = Findings()
    token = _token(target, target.endpoint.ask(target.robot))
    status = _shown(target, token)
    if status != 200:
        raise NotApplicable(f"/v2/ refuses a good token with {status}")
    for what, forged in _forged(token).items():
        status = _shown(target, forged)
        findings.check(400 <= status < 500, f"{what}: /v2/ answers {status}")
    return findings.verdict("every forgery is refused at /v2/")


def _forged(token: str) -> dict[str, str]:
    header, said = tokens.read(token)
    later = said | {"exp": int(time.time()) + 10**8}
    mine = Pen.of_stranger(str(header.get("kid") or "abuse"), "ES256")
    symmetric = {**header, "alg": "HS256"}
    none = {
        f"alg {name}": tokens.unsigned(token, name) for name in ("none", "None", "nOnE")
    }
    return {
        **none,
        "no signature": f"{token.rpartition('.')[0]}.",
        "a changed last byte": tokens.with_changed_end(token),
        "other claims": tokens.with_claims(token, exp=later["exp"]),
        "another key, same kid": mine.signed(mine.header(), said),
        "a key in the header": mine.signed(mine.header(jwk=mine.jwk()), said),
        "HMAC under a NUL": mine.signed(symmetric, said, algorithm="HS256", key=b"\0"),
        "no JWT": secrets.token_urlsafe(60),
        "one dot too many": f"{token}.x",
    }


def _shown(target: Target, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return target.asker.ask(f"{target.url}/v2/", headers=headers).status


def kinds(target: Target) -> Verdict:
    """A registry token is no password, and a robot's secret no bearer token."""
    findings, robot = Findings(), target.robot
    token = _token(target, target.endpoint.ask(robot))
    status = target.endpoint.tried(robot.name, token)
    findings.check(400 <= status < 500, f"a registry token as a password: {status}")
    if target.is_registry:
        status = _shown(target, robot.secret)
        findings.check(400 <= status < 500, f"a robot's secret as a bearer: {status}")
    return findings.verdict("neither stands for the other")


CASES = (
    Case("H-08", "what a registry token says", (Need.ROBOT,), claims),
    Case("H-09", "forged registry tokens", (Need.ROBOT, Need.REGISTRY), forgeries),
    Case("H-10", "kinds of tokens are not mixed up", (Need.ROBOT,), kinds),
)
