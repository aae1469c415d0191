"""S-06, S-07 and S-18 to S-22: how trusts are written, and how they are matched."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from abuse.api import MadeRobot, new_name
from abuse.case import Case
from abuse.target import AUDIENCE, SUBJECT, Need, Target
from abuse.tokens import Pen, Workload
from abuse.verdict import Findings, NotApplicable, Verdict

_AT_ONCE = 12


@contextmanager
def _trusting(target: Target) -> Iterator[tuple[MadeRobot, Workload]]:
    """A new robot, and a workload of a new issuer that it does not trust yet."""
    pen = Pen.new()
    issuer = target.issuer.open(new_name("trusts"), pen)
    with target.api.robot() as robot:
        yield robot, Workload(robot.name, issuer, SUBJECT, AUDIENCE, pen)


def _stored(robot: MadeRobot, *entries: dict[str, Any]) -> None:
    """Raises NotApplicable if they are refused."""
    said = robot.trust(*entries)
    if said.status not in (200, 201):
        raise NotApplicable(f"the service has no such trusts: {said.status}")


def audience_at_write(target: Target) -> Verdict:
    """S-06: an audience that was written is kept, shown and enforced."""
    findings = Findings()
    with _trusting(target) as (robot, workload):
        entry = {"issuer": workload.issuer, "subject": SUBJECT, "audiences": [AUDIENCE]}
        _stored(robot, entry)
        shown = [trust.get("audiences") for trust in robot.trusts()]
        findings.check(shown == [[AUDIENCE]], f"audiences come back as {shown}")
        target.exchange.must_accept(robot.name, workload.token())
        other = workload.token(aud="https://other.example")
        target.exchange.check_refused(findings, robot.name, other, "another audience")
    return findings.verdict("kept, shown and enforced")


def matched_whole(target: Target) -> Verdict:
    """S-07: the subject of one trust with the audience of another is nobody."""
    findings = Findings()
    with _trusting(target) as (robot, workload):
        pairs = [("repo:abuse/one:x", "https://one.example"),
                 ("repo:abuse/two:x", "https://two.example")]  # fmt: skip
        _stored(
            robot,
            *(
                {"issuer": workload.issuer, "subject": sub, "audiences": [aud]}
                for sub, aud in pairs
            ),
        )
        for subject, _ in pairs:
            for other, audience in pairs:
                token = workload.token(sub=subject, aud=audience)
                if subject == other:
                    target.exchange.must_accept(robot.name, token)
                else:
                    what = f"{subject} for {audience}"
                    target.exchange.check_refused(findings, robot.name, token, what)
    return findings.verdict("parts of two trusts do not add up")


_ID_PATTERN = "repo:*@1/*@2:ref:refs/heads/main"
_ID_SUBJECTS = (
    "repo:acme/app:ref:refs/heads/main",
    "repo:acme@12/app@2:ref:refs/heads/main",
    "repo:acme@1/app@23:ref:refs/heads/main",
    "repo:acme-1/app-2:ref:refs/heads/main",
    "repo:acme@9/x@1/app@2:ref:refs/heads/main",
    "repo:mallory@9/x:environment:a@1/app@2:ref:refs/heads/main",
)


def delimiters(target: Target) -> Verdict:
    """S-18: a wildcard stays within its part of a subject."""
    findings = Findings()
    with _trusting(target) as (robot, workload):
        entry = {"issuer": workload.issuer, "subject": _ID_PATTERN,
                 "audiences": [AUDIENCE], "subject_match": "glob"}  # fmt: skip
        _stored(robot, entry)
        good = workload.token(sub="repo:acme@1/app@2:ref:refs/heads/main")
        if not target.exchange.accepts(robot.name, good):
            raise NotApplicable("the service has no patterns for subjects")
        for subject in _ID_SUBJECTS:
            token = workload.token(sub=subject)
            target.exchange.check_refused(findings, robot.name, token, subject)
    return findings.verdict("no wildcard crosses / : or @")


_BROAD = ("*", "**", "repo:org*", "repo:*", "repo:*/app:ref:refs/heads/main", ".*", "%")
_STRANGERS = ("repo:organizer/app:x", "repo:mallory/app:ref:refs/heads/main", "x")


def broad(target: Target) -> Verdict:
    """S-19: a pattern for everybody is refused, or lets nobody in."""
    findings = Findings()
    with _trusting(target) as (robot, workload):
        for subject in _BROAD:
            for extra in ({}, {"subject_match": "glob"}):
                _try_broad(target, findings, robot, workload, subject, extra)
    return findings.verdict("refused, or taken literally")


def _try_broad(
    target: Target, findings: Findings, robot: MadeRobot, workload: Workload,
    subject: str, extra: dict[str, str],
) -> None:  # fmt: skip
    entry = {"issuer": workload.issuer, "subject": subject,
             "audiences": [AUDIENCE], **extra}  # fmt: skip
    said = robot.trust(entry)
    findings.check(not said.broke, f"{subject!r} is answered {said.status}")
    if said.refused:
        return
    for stranger in _STRANGERS:
        token = workload.token(sub=stranger)
        what = f"{stranger!r} by a trust in {subject!r}"
        target.exchange.check_refused(findings, robot.name, token, what)


def cases(target: Target) -> Verdict:
    """S-20: another case, or a letter that looks alike, is another subject."""
    findings = Findings()
    workload, exchange = target.workload(), target.exchange
    exchange.must_accept(workload.robot, workload.token())
    subject = workload.subject
    for what, other in {
        "in capitals": subject.upper(),
        "with one capital": subject.title(),
        "with a letter that looks alike": subject.replace("o", "\u043e"),
        "with a Kelvin sign": subject.replace("k", "\u212a"),
        "with a space": f"{subject} ",
        "with a NUL": f"{subject}\0",
        "with more": f"{subject}-2",
        "with less": subject[:-1],
        "percent-encoded": subject.replace("/", "%2F"),
    }.items():
        if other != subject:
            token = workload.token(sub=other)
            exchange.check_refused(findings, workload.robot, token, f"sub {what}")
    return findings.verdict("only the exact subject passes")


def replay(target: Target) -> Verdict:
    """S-21: of many uses of a single-use token at once, one gets in."""
    exchange = target.needs.exchange
    if exchange and exchange.key_file:
        if not exchange.single_use:
            raise NotApplicable("the trust of [exchange] is not single_use")
        return _replayed(target, target.workload())
    with _trusting(target) as (robot, workload):
        entry = {"issuer": workload.issuer, "subject": SUBJECT,
                 "audiences": [AUDIENCE], "single_use": True}  # fmt: skip
        _stored(robot, entry)
        if not any(trust.get("single_use") for trust in robot.trusts()):
            raise NotApplicable("the service knows no single use")
        return _replayed(target, workload)


def _replayed(target: Target, workload: Workload) -> Verdict:
    findings, robot = Findings(), workload.robot
    token = workload.token()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        uses = pool.map(
            lambda _: target.exchange.accepts(robot, token), range(_AT_ONCE)
        )
        accepted = sum(uses)
    findings.check(accepted == 1, f"{accepted} of {_AT_ONCE} uses at once are accepted")
    target.exchange.check_refused(findings, robot, token, "a later use")
    said = workload.claims()
    target.exchange.must_accept(robot, workload.token(**said))
    again = workload.token(**said | {"run_id": "2"})
    target.exchange.check_refused(findings, robot, again, "its jti in another token")
    return findings.verdict("each token and each jti once")


_MISSPELT = ("audience", "aud", "Audiences", "subjects", "claims", "bound_audiences")


def unknown_keys(target: Target) -> Verdict:
    """S-22: a key that is not known is refused, and nothing is stored."""
    findings = Findings()
    with _trusting(target) as (robot, workload):
        kept = {"issuer": workload.issuer, "subject": "repo:abuse/kept:x"}
        _stored(robot, kept)
        for key in _MISSPELT:
            said = robot.trust(
                {"issuer": workload.issuer, "subject": SUBJECT, key: ["x"]}
            )
            refused = findings.check(said.refused, f"{key}: answered {said.status}")
            if refused:
                subjects = [trust.get("subject") for trust in robot.trusts()]
                kept_it = subjects == ["repo:abuse/kept:x"]
                findings.check(kept_it, f"{key}: refused, and yet stored {subjects}")
    return findings.verdict("refused, and nothing changes")


_OWN = (Need.OWN_TRUSTS,)

CASES = (
    Case("S-06", "an audience is kept and enforced", _OWN, audience_at_write),
    Case("S-07", "a trust is matched whole", _OWN, matched_whole),
    Case("S-18", "wildcards stop at delimiters", _OWN, delimiters),
    Case("S-19", "patterns for everybody", _OWN, broad),
    Case("S-20", "another case is another subject", (Need.WORKLOAD,), cases),
    Case("S-21", "a token is used once", (Need.WORKLOAD,), replay),
    Case("S-22", "unknown keys are refused", _OWN, unknown_keys),
)
