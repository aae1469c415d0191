"""H-01 to H-07: what every token endpoint owes to hostile requests."""

import base64
import re
from urllib.parse import quote

from abuse.asking import Answer
from abuse.case import Case
from abuse.endpoint import basic, challenge_of, granted, token_in
from abuse.target import Need, Target
from abuse.verdict import Findings, Verdict

_MARK = "abuse-canary-7d1f"
_LONG = 100_000

_LEAKS = re.compile(
    r"Traceback \(most recent|File \"[^\"]+\", line \d|site-packages/|goroutine \d+ \[|"
    r"\.go:\d+|\bat [\w.$]+\([\w]+\.java:\d+\)|SQLSTATE|syntax error at or near|"
    r"OperationalError|ProgrammingError|psycopg|/usr/(lib|local)/|/home/\w+/|"
    r"\bSELECT .{1,80} FROM\b|DEBUG = True|stack trace"
)
"""What tells an attacker of the inside."""


def challenge(target: Target) -> Verdict:
    """Nobody is let in at /v2/, and is told where to go, in the form clients read."""
    findings = Findings()
    answer = target.asker.ask(f"{target.url}/v2/")
    told = challenge_of(answer)
    findings.check(answer.status == 401, f"/v2/ answers {answer.status}, not 401")
    findings.check(bool(told.get("realm")), "there is no Bearer challenge with a realm")
    findings.check(bool(told.get("service")), "the challenge names no service")
    findings.check(
        "error" not in told, "the challenge has error=, which misleads clients"
    )
    return findings.verdict("401 with realm and service")


def _headers() -> dict[str, str | bytes]:
    def of(raw: bytes) -> str:
        return f"Basic {base64.b64encode(raw).decode()}"

    return {
        "bad base64": "Basic @@@not-base64@@@",
        "cut base64": "Basic YWJj" + "Z",
        "no colon": of(_MARK.encode()),
        "nothing": of(b""),
        "only a colon": of(b":"),
        "NUL in the name": of(b"abuse\0+x:secret-" + _MARK.encode()),
        "NUL in the secret": of(b"abuse+x:\0\0"),
        "no UTF-8": of(b"\xff\xfe\xfa:\xc0\xaf"),
        "line breaks": of(b"abuse\r\nX-Injected: 1:secret"),
        "a very long secret": of(b"abuse+x:" + b"s" * 5000),
        "another scheme": f"Digest username={_MARK}",
        "a scheme alone": "Basic",
        "spaces": "Basic    ",
        "a wrong Bearer": f"Bearer {_MARK}",
        "raw bytes": b"Basic \xff\xfe\x80",
    }


def credentials(target: Target) -> Verdict:
    """Credentials that cannot be read are refused: no error, and nobody anonymous."""
    findings = Findings()
    for what, value in _headers().items():
        answer = target.endpoint.ask_raw({"Authorization": value})
        _check_no(findings, answer, what)
    huge = target.endpoint.ask_raw({"Authorization": f"Basic {'QUFB' * (_LONG // 4)}"})
    findings.check(
        not huge.broke and not token_in(huge), f"a huge header: {huge.status}"
    )
    _still_answers(target, findings)
    return findings.verdict("each is refused with 4xx")


_QUERIES = {
    "an empty scope": "scope=",
    "half a scope": "scope=repository",
    "no name": "scope=repository::pull",
    "no actions": "scope=repository:abuse/x:",
    "too many parts": "scope=repository:abuse/x:pull:pull:push",
    "a climbing name": "scope=repository:abuse/../../etc/passwd:pull",
    "a star for a name": "scope=repository:*:pull,push",
    "a NUL": "scope=repository:abuse%00/x:pull",
    "a broken escape": "scope=repository:abuse%zz/x:pull%",
    "no UTF-8": "scope=repository:%ff%fe/x:pull",
    "line breaks": "scope=repository:abuse%0d%0aSet-Cookie:x=1/x:pull",
    "quotes": "scope=" + quote("repository:abuse'\"><script>/x:pull"),
    "another alphabet": "scope=" + quote("repository:\u0430buse/x:pull"),
    "a long name": f"scope=repository:abuse/{'x' * 3000}:pull",
    "the same scope often": "&".join(["scope=repository:abuse/x:pull"] * 60),
    "many scopes": "&".join(f"scope=repository:abuse/x{n}:pull" for n in range(150)),
    "two accounts": "account=a&account=b&scope=repository:abuse/x:pull",
    "another kind": "scope=abuse:thing:do,that",
    "many fields": "&".join(f"f{n}=1" for n in range(600)),
}


def parameters(target: Target) -> Verdict:
    """Hostile queries are answered, with whatever, but never with a 500."""
    findings = Findings()
    service = f"service={quote(target.endpoint.service)}"
    queries = {what: f"{service}&{query}" for what, query in _QUERIES.items()}
    queries["two services"] = (
        f"{service}&service=abuse.example&scope=repository:a/b:pull"
    )
    queries["a NUL for a service"] = "service=%00&scope=repository:abuse/x:pull"
    for what, query in queries.items():
        answer = target.asker.ask(target.endpoint.url(query))
        if findings.check(
            0 < answer.status < 500, f"{what}: {answer.status or answer.text}"
        ):
            findings.check(granted(answer) == {}, f"{what}: grants {granted(answer)}")
        broken = "x=1" in answer.header("set-cookie")
        findings.check(not broken, f"{what}: becomes a header of the answer")
    _still_answers(target, findings)
    return findings.verdict("no error of the server's, and nothing granted")


def _posts() -> dict[str, tuple[str, bytes]]:
    form = "application/x-www-form-urlencoded"
    return {
        "nothing": (form, b""),
        "no grant type": (form, b"service=x&scope=repository:abuse/x:pull"),
        "an unknown grant type": (form, b"grant_type=abuse&service=x"),
        "two grant types": (form, b"grant_type=password&grant_type=refresh_token"),
        "a refresh token of nobody": (
            form,
            b"grant_type=refresh_token&refresh_token=x",
        ),
        "a password of nobody": (
            form,
            b"grant_type=password&username=abuse&password=x",
        ),
        "NULs": (form, b"grant_type=password&username=%00&password=%00"),
        "no UTF-8": (form, b"grant_type=\xff\xfe&username=\xc0\xaf"),
        "half a JSON document": ("application/json", b'{"grant_type": "passw'),
        "a deep JSON document": ("application/json", b"[" * 20_000),
        "half a multipart": ("multipart/form-data; boundary=x", b"--x\r\nContent-Dis"),
        "a multipart without a boundary": ("multipart/form-data", b"--x--"),
        "an unknown charset": (f"{form}; charset=abuse", b"grant_type=password"),
        "many fields": (form, b"&".join(b"f%d=1" % n for n in range(5000))),
    }


def posts(target: Target) -> Verdict:
    """Hostile bodies: 4xx, whether the endpoint knows POST or not."""
    findings = Findings()
    for what, (kind, body) in _posts().items():
        answer = target.asker.ask(
            target.endpoint.realm,
            method="POST",
            headers={"Content-Type": kind},
            body=body,
        )
        _check_no(findings, answer, what)
    _still_answers(target, findings)
    return findings.verdict("each is refused with 4xx")


def methods(target: Target) -> Verdict:
    """No other method gives a token or shows credentials to whoever can read."""
    findings = Findings()
    canary = {"Authorization": f"Bearer {_MARK}"}
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "ABUSE"):
        answer = target.asker.ask(
            target.endpoint.url(""), method=method, headers=canary
        )
        findings.check(not token_in(answer), f"{method} gives a token")
        findings.check(
            _MARK not in answer.text, f"{method} shows the Authorization header"
        )
        # RFC 9110, section 15.6.2: 501 is right for a method that nobody knows.
        broke = answer.broke and answer.status != 501
        findings.check(not broke, f"{method} answers {answer.status}")
    return findings.verdict("nothing but GET and POST")


def no_store(target: Target) -> Verdict:
    """A token is for one client: RFC 6749, section 5.1 wants no-store."""
    answer = target.endpoint.ask(target.robot)
    findings = Findings()
    findings.check(bool(token_in(answer)), f"the robot's login: {answer.status}")
    told = answer.header("cache-control").lower()
    findings.check("no-store" in told, f"Cache-Control is {told!r}")
    return findings.verdict("Cache-Control says no-store")


def leaks(target: Target) -> Verdict:
    """Every error of this run is searched: for the inside, and for what was sent."""
    findings, robot = Findings(), target.needs.robot
    for name in (robot.name if robot else "abuse", "abuse+nobody"):
        target.endpoint.ask_raw(basic(name, f"secret-{_MARK}"))
    target.endpoint.post(
        grant_type="password", username="abuse", password=f"secret-{_MARK}"
    )
    for where, answer in target.asker.errors:
        said = answer.text + "\n".join(answer.headers.values())
        found = _LEAKS.search(said)
        findings.check(
            found is None, f"{where} {answer.status} shows {found and found[0]!r}"
        )
        shown = target.asker.secrets.shown_in(said) or f"secret-{_MARK}" in said
        findings.check(
            not shown, f"{where} {answer.status} shows a secret that was sent"
        )
    return findings.verdict("no error tells of the inside")


def _check_no(findings: Findings, answer: Answer, what: str) -> None:
    if token_in(answer):
        findings.check(False, f"{what}: answered with a token")
    else:
        told = answer.status or f"no answer ({answer.text})"
        findings.check(answer.refused, f"{what}: {told}")


def _still_answers(target: Target, findings: Findings) -> None:
    answer = target.endpoint.ask(None, "repository:abuse/x:pull")
    alive = 0 < answer.status < 500
    findings.check(alive, f"afterwards an ordinary request gets {answer.status}")


CASES = (
    Case("H-01", "the challenge at /v2/", (Need.REGISTRY,), challenge),
    Case("H-02", "unreadable credentials are refused", (), credentials),
    Case("H-03", "hostile parameters", (), parameters),
    Case("H-04", "hostile bodies of POST", (), posts),
    Case("H-05", "other methods", (), methods),
    Case("H-06", "tokens are not to be cached", (Need.ROBOT,), no_store),
)
AT_THE_END = (Case("H-07", "errors tell nothing of the inside", (), leaks),)
"""It looks at the errors of all the others."""
