"""S-14 to S-16: what the service fetches, how often, and from where it does not."""

from abuse.api import new_name
from abuse.case import Case
from abuse.issuer import DISCOVERY
from abuse.target import Need, Target
from abuse.tokens import Pen, Workload
from abuse.verdict import Findings, Verdict

_FEW = 8
"""Requests for documents that any service may make, each of its processes twice."""


def flood(target: Target) -> Verdict:
    """S-14: unknown kids cause no flood of fetches, and cost nobody the known key."""
    findings, name = Findings(), new_name("flood")
    with target.trusted_workload(name) as workload:
        target.exchange.must_accept(workload.robot, workload.token())
        before = target.issuer.requests_below(f"/{name}/")
        for number in range(target.flood):
            stranger = Pen(
                f"unknown-{number}", workload.pen.algorithm, workload.pen.key
            )
            token = stranger.signed(stranger.header(), workload.claims())
            target.exchange.check_refused(
                findings, workload.robot, token, "an unknown kid"
            )
        fetched = target.issuer.requests_below(f"/{name}/") - before
        most = max(_FEW, target.flood // 5)
        findings.check(
            fetched <= most, f"{target.flood} unknown kids cause {fetched} fetches"
        )
        _check_good(target, findings, workload, "after the flood")
        target.issuer.close(name)
        _check_good(target, findings, workload, "while the issuer is down")
    findings.note(f"{target.flood} unknown kids, {fetched} fetches")
    return findings.verdict(f"{fetched} fetches for {target.flood} kids")


def _check_good(
    target: Target, findings: Findings, workload: Workload, when: str
) -> None:
    good = target.exchange.accepts(workload.robot, workload.token())
    findings.check(good, f"a known key is refused {when}")


def unconfigured(target: Target) -> Verdict:
    """S-15: a token makes the service ask nobody that no trust names."""
    findings, workload = Findings(), target.workload()
    target.exchange.must_accept(workload.robot, workload.token())
    name = new_name("trap")
    pen = Pen.of_stranger(workload.pen.kid)
    trap = target.issuer.open(name, pen)
    there = trap.partition("//")[2]
    for what, issuer in {
        "an unknown issuer": trap,
        "one behind the name of another": f"{workload.issuer}@{there}",
        "one below the name of another": f"{workload.issuer}/../{name}",
        "a file": "file:///etc/passwd",
        "an address of the cloud": "http://169.254.169.254/latest/meta-data",
    }.items():
        token = pen.signed(pen.header(), workload.claims(iss=issuer))
        target.exchange.check_refused(findings, workload.robot, token, what)
    seen = target.issuer.requests_below(f"/{name}")
    findings.check(seen == 0, f"the service asked an unknown issuer {seen} times")
    return findings.verdict("no request left for an issuer that nobody named")


def redirects(target: Target) -> Verdict:
    """S-15: a trusted issuer cannot send the service elsewhere."""
    findings = Findings()
    with target.api.robot() as robot:
        for document in (DISCOVERY, "/keys"):
            name, pen = new_name("redirect"), Pen.new()
            issuer = target.issuer.open(name, pen)
            beyond = new_name("beyond")
            target.issuer.open(beyond, pen, issuer=issuer)
            target.issuer.redirect(f"/{name}{document}", f"/{beyond}{document}")
            workload = target.trusted(robot, issuer, pen)
            token = workload.token()
            target.exchange.check_refused(
                findings, workload.robot, token, f"a redirect of {document}"
            )
            asked = target.issuer.requests_below(f"/{name}/")
            findings.check(asked > 0, f"the issuer was never asked for {document}")
            seen = target.issuer.requests_below(f"/{beyond}/")
            findings.check(seen == 0, f"a redirect of {document} was followed")
    return findings.verdict("no redirect is followed")


def key_places(target: Target) -> Verdict:
    """S-15: `jwks_uri` is no file, and no address of the cloud's inside."""
    findings = Findings()
    with target.api.robot() as robot:
        for place in (
            "file:///etc/passwd",
            "ftp://127.0.0.1/keys",
            "gopher://127.0.0.1:6379/_INFO",
            "http://169.254.169.254/latest/meta-data",
            "",
        ):
            name, pen = new_name("place"), Pen.new()
            issuer = target.issuer.open(name, pen, jwks_uri=place)
            workload = target.trusted(robot, issuer, pen)
            answer = target.exchange.offer(robot.name, workload.token())
            findings.check(answer.status in range(400, 500) or answer.status == 503,
                           f"jwks_uri {place!r}: {answer.status}")  # fmt: skip
            quick = answer.seconds < 12
            findings.check(quick, f"jwks_uri {place!r} takes {answer.seconds:.0f} s")
            shown = "root:" in answer.text or "ami-id" in answer.text
            findings.check(not shown, f"jwks_uri {place!r} is shown in the answer")
    return findings.verdict("each is refused, and soon")


def wrong_answers(target: Target) -> Verdict:
    """S-16: the document at an issuer's address has to be that issuer's own."""
    findings = Findings()
    with target.api.robot() as robot:
        for what, said in {
            "another issuer": "https://other.example",
            "one more slash": None,
            "none": "",
        }.items():
            name, pen = new_name("answers"), Pen.new()
            wrong = f"{target.issuer.url}/{name}/" if said is None else said
            issuer = target.issuer.open(name, pen, issuer=wrong)
            workload = target.trusted(robot, issuer, pen)
            token = workload.token()
            target.exchange.check_refused(findings, robot.name, token, what)
        name, pen = new_name("answers"), Pen.new()
        workload = target.trusted(robot, target.issuer.open(name, pen), pen)
        target.exchange.must_accept(robot.name, workload.token())
    return findings.verdict("issuer in the document is the one that was asked")


_NEEDS = (Need.OWN_TRUSTS,)

CASES = (
    Case("S-14", "a flood of unknown kids", _NEEDS, flood),
    Case("S-15a", "an issuer that nobody named", _NEEDS, unconfigured),
    Case("S-15b", "redirects of an issuer", _NEEDS, redirects),
    Case("S-15c", "where keys are fetched from", _NEEDS, key_places),
    Case("S-16", "documents of the wrong issuer", _NEEDS, wrong_answers),
)
