#!/usr/bin/env python3
"""Log in to a registry with the OIDC token that a job or a pod already has.

One file with three faces, told apart by the name it is called under:

    quaysite-login                   exchange the token, write the auth file
    docker-credential-quaysite       a credential helper of docker and podman
    quaysite-credential-provider     a credential provider of the kubelet

It needs Python 3.8 or newer on Linux or macOS, and nothing else. What is not given
as an option comes from the environment: QUAYSITE_URL, QUAYSITE_ROBOT and so on.
The OIDC token goes to the issuer's and to Quaysite's address only, and is never
printed. docs/federation/quaysite-login.md tells the rest.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import fcntl
import http.client
import ipaddress
import json
import os
import platform
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

VERSION = "1"

LOGIN = "quaysite-login"
DOCKER_HELPER = "docker-credential-quaysite"
KUBELET_PROVIDER = "quaysite-credential-provider"

FAILURE, USAGE, NO_TOKEN = 1, 2, 3
"""Exit codes: it did not work, it was called wrongly, there is no OIDC token."""

POD_TOKEN = "/var/run/secrets/quaysite/token"  # noqa: S105 (a path)
"""Where the recipes mount the projected token of a service account."""

ROBOT_ANNOTATION = "quaysite/robot"
"""The annotation of a service account that names its robot; the kubelet passes it."""

KUBELET_API = "credentialprovider.kubelet.k8s.io/v1"
NOT_FOUND = "credentials not found in native keychain"
"""What docker takes for "not mine", and goes on without a password."""

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"

HTTPS = "https://"
EXAMPLE = "https://quay.example.com"
MAX_ANSWER = 64 * 1024
MAX_TIMEOUT = 600
MAX_TOLD = 300
"""Characters of an error's text that is passed on."""

_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_PASSWORD = re.compile(r"[\x21-\x7e]+")
_ROBOT = re.compile(r"[A-Za-z0-9._-]+\+[A-Za-z0-9._-]+")
_REGISTRY = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


class Failed(Exception):
    """Why it did not work, in one sentence; holds no token."""

    def __init__(self, sentence: str, code: int = FAILURE) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Settings:
    """What the options and the environment say; `timeout` is in seconds."""

    url: str
    robot: str
    registries: list[str]
    audience: str
    source: str
    token_file: str
    token_env: str
    auth_file: str
    docker_config: str
    no_exchange: bool
    print_token: bool
    kubelet: bool
    json: bool
    ca_file: str
    insecure_http: bool
    timeout: float


@dataclass(frozen=True)
class Password:
    """What a robot logs in with, and how many seconds it lives; 0 is not known."""

    text: str
    lifetime: int


# --- What it is told ---------------------------------------------------------------


def read_settings(arguments: Sequence[str]) -> Settings:
    """Options, then the environment, checked. Raises Failed for what cannot be."""
    settings = Settings(**vars(_parser().parse_args(arguments)))
    if not settings.url:
        raise Failed("Say where Quaysite is: --url or QUAYSITE_URL", USAGE)
    url = settings.url.rstrip("/")
    _check_url("--url", url, settings.insecure_http)
    registries = settings.registries or _told_registries()
    registries = registries or [urllib.parse.urlsplit(url).netloc]
    audience = settings.audience or url
    complete = replace(settings, url=url, registries=registries, audience=audience)
    _check(complete)
    return complete


def _check(settings: Settings) -> None:
    for registry in settings.registries:
        if not _REGISTRY.fullmatch(registry):
            raise Failed("--registry takes HOST or HOST:PORT, without a path", USAGE)
    if settings.source and settings.source not in SOURCES:
        raise Failed(f"--source takes one of {', '.join(SOURCES)}", USAGE)
    if not 0 < settings.timeout <= MAX_TIMEOUT:
        raise Failed(f"--timeout takes up to {MAX_TIMEOUT} seconds", USAGE)
    if settings.print_token and settings.no_exchange:
        raise Failed("--print-token prints no OIDC token: drop --no-exchange", USAGE)


def _told_registries() -> list[str]:
    return re.findall(r"[^,\s]+", os.environ.get("QUAYSITE_REGISTRIES", ""))


def robot_of(settings: Settings) -> str:
    """The robot to log in as. Raises Failed if none is named rightly."""
    if not settings.robot:
        raise Failed("Say which robot: --robot or QUAYSITE_ROBOT", USAGE)
    if not _ROBOT.fullmatch(settings.robot):
        raise Failed("--robot takes a full name, such as acme+ci", USAGE)
    return settings.robot


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=LOGIN,
        description="Log in to a registry with the OIDC token that the job has.",
        epilog="Exit codes: 0 done, 1 failed, 2 called wrongly, 3 no OIDC token.",
        allow_abbrev=False,
    )
    _add_targets(parser)
    _add_sources(parser)
    _add_outcomes(parser)
    _add_connection(parser)
    parser.add_argument("--version", action="version", version=f"{LOGIN} {VERSION}")
    return parser


def _add_targets(parser: argparse.ArgumentParser) -> None:
    told, add = os.environ.get, parser.add_argument
    add("--url", default=told("QUAYSITE_URL", ""), help="Quaysite's address (https)")
    add("--robot", default=told("QUAYSITE_ROBOT", ""), help="such as acme+ci")
    add(
        "--registry",
        dest="registries",
        metavar="HOST",
        nargs="+",
        action="extend",
        help="HOST or HOST:PORT of each registry (default: the host of --url)",
    )


def _add_sources(parser: argparse.ArgumentParser) -> None:
    told, add = os.environ.get, parser.add_argument
    add(
        "--source",
        metavar="NAME",
        default=told("QUAYSITE_SOURCE", ""),
        help=f"one of {', '.join(SOURCES)} (default: the first that has a token)",
    )
    add(
        "--token-file",
        metavar="FILE",
        default=told("QUAYSITE_TOKEN_FILE", ""),
        help="file with the OIDC token; - for standard input",
    )
    add(
        "--token-env",
        metavar="NAME",
        default="QUAYSITE_OIDC_TOKEN",
        help="variable with the OIDC token (default: %(default)s)",
    )
    add(
        "--audience",
        default=told("QUAYSITE_AUDIENCE", ""),
        help="asked for where a token is made on request (default: --url)",
    )


def _add_outcomes(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--auth-file",
        metavar="FILE",
        default="",
        help="auth file to write (default: where podman and skopeo look)",
    )
    where.add_argument(
        "--docker-config",
        metavar="DIR",
        nargs="?",
        const=os.environ.get("DOCKER_CONFIG") or "~/.docker",
        default="",
        help="write config.json of docker in DIR (default: ~/.docker)",
    )
    where.add_argument(
        "--print-token",
        action="store_true",
        help="print the robot's token, and write nothing",
    )
    add(
        "--no-exchange",
        action="store_true",
        default=os.environ.get("QUAYSITE_NO_EXCHANGE") == "true",
        help="the OIDC token itself is the password",
    )
    add("--kubelet", action="store_true", help="answer the kubelet on standard input")
    add("--json", action="store_true", help="outcome and errors as JSON")


def _add_connection(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--ca-file",
        metavar="FILE",
        default=os.environ.get("QUAYSITE_CA_FILE", ""),
        help="certificates to trust besides the system's",
    )
    add("--insecure-http", action="store_true", help="allow an http --url")
    add(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=20.0,
        help="the longest that all of it may take (default: 20)",
    )


def _check_url(name: str, url: str, insecure_http: bool = False) -> None:
    """Raise Failed for an address to which no token may go."""
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise Failed(f"{name} takes an address, such as {EXAMPLE}", USAGE)
    plain_is_safe = insecure_http or _is_loopback(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and plain_is_safe):
        raise Failed(f"{name} must begin with https:// (see --insecure-http)", USAGE)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# --- Where the OIDC token comes from -----------------------------------------------


def find_token(settings: Settings) -> str:
    """The OIDC token of the source that is named, or of the first that has one."""
    names = [settings.source] if settings.source else [*SOURCES]
    for name in names:
        token = SOURCES[name](settings)
        if token is not None:
            return _checked(token, name)
    raise Failed(f"No OIDC token found in: {', '.join(names)}. {_hint()}", NO_TOKEN)


def _checked(token: str, source: str) -> str:
    token = token.strip()
    if not _JWT.fullmatch(token):
        raise Failed(f"What the source {source} gave is not a JWT", NO_TOKEN)
    return token


def _hint() -> str:
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return "The job needs `permissions: id-token: write`."
    if os.environ.get("GITLAB_CI") == "true":
        return "The job needs `id_tokens:` with QUAYSITE_ID_TOKEN."
    return "Name one with --token-file or --token-env."


def _from_file(settings: Settings) -> str | None:
    if not settings.token_file:
        return None
    if settings.token_file == "-":  # noqa: S105 (a path)
        return _standard_input()
    return _read(settings.token_file)


def _standard_input() -> str:
    return sys.stdin.buffer.read(MAX_ANSWER).decode("utf-8", "replace").strip()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError as error:
        raise Failed(f"Cannot read {path}: {error.strerror}", NO_TOKEN) from None
    except UnicodeDecodeError:
        raise Failed(f"What is in {path} is not a JWT", NO_TOKEN) from None


def _from_environment(settings: Settings) -> str | None:
    return os.environ.get(settings.token_env) or None


def _from_github(settings: Settings) -> str | None:
    """Ask the runner for a token that is made for this very job and audience."""
    address = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    secret = os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not address or not secret:
        return None
    _check_url("ACTIONS_ID_TOKEN_REQUEST_URL", address.partition("?")[0])
    joint = "&" if "?" in address else "?"
    audience = urllib.parse.urlencode({"audience": settings.audience})
    request = _request(
        f"{address}{joint}{audience}", {"Authorization": f"Bearer {secret}"}
    )
    status, answer = ask(request, settings, secret)
    token = answer.get("value")
    if status != 200 or not isinstance(token, str):
        raise Failed(f"GitHub gave no OIDC token (status {status})")
    return token


def _from_gitlab(_: Settings) -> str | None:
    return os.environ.get("QUAYSITE_ID_TOKEN") or None


def _from_pod(settings: Settings) -> str | None:
    return _read(POD_TOKEN) if Path(POD_TOKEN).exists() else None


def _from_buildkite(settings: Settings) -> str | None:
    if os.environ.get("BUILDKITE") != "true":
        return None
    command = ["buildkite-agent", "oidc", "request-token"]
    # Trusts ask for the ids, which no other organization ever has.
    command += ["--claim", "organization_id,pipeline_id"]
    command += ["--audience", settings.audience]
    try:
        done = subprocess.run(  # noqa: S603 (no shell reads it)
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False
        )
    except OSError:
        raise Failed("Cannot run buildkite-agent, which makes the token") from None
    if done.returncode != 0:
        raise Failed(f"buildkite-agent made no token (exit code {done.returncode})")
    return done.stdout.decode("ascii", "replace")


def _from_circleci(_: Settings) -> str | None:
    return os.environ.get("CIRCLE_OIDC_TOKEN_V2") or None


SOURCES: Mapping[str, Callable[[Settings], str | None]] = {
    "file": _from_file,
    "env": _from_environment,
    "github": _from_github,
    "gitlab": _from_gitlab,
    "kubernetes": _from_pod,
    "buildkite": _from_buildkite,
    "circleci": _from_circleci,
}
"""In the order in which they are tried."""


# --- The exchange ------------------------------------------------------------------


def password_for(settings: Settings, robot: str, token: str) -> Password:
    """The robot's token for an OIDC token, or the latter itself with --no-exchange."""
    if settings.no_exchange:
        return Password(token, 0)
    return exchange(settings, robot, token)


def exchange(settings: Settings, robot: str, token: str) -> Password:
    """Exchange an OIDC token (RFC 8693, section 2). Raises Failed if it is refused."""
    form = {
        "grant_type": GRANT_TYPE,
        "subject_token": token,
        "subject_token_type": JWT_TYPE,
        "audience": robot,
    }
    body = urllib.parse.urlencode(form).encode()
    request = _request(f"{settings.url}/oauth2/token", {}, body)
    status, answer = ask(request, settings, token)
    if status != 200:
        raise Failed(f"{settings.url} refused the token: {_why(status, answer, token)}")
    password, lifetime = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(password, str) or not _PASSWORD.fullmatch(password):
        raise Failed(f"{settings.url} answered without a token")
    # To Python, true is a whole number too.
    known = isinstance(lifetime, int) and not isinstance(lifetime, bool)
    return Password(password, max(0, int(lifetime or 0)) if known else 0)


def ask(
    request: urllib.request.Request, settings: Settings, secret: str
) -> tuple[int, Mapping[str, Any]]:
    """Status and JSON object of an answer; {} for any other body. Raises Failed.

    No redirect is followed: the request carries `secret`, which is for one host.
    """
    try:
        with _opener(request, settings).open(request, timeout=settings.timeout) as got:
            return got.status, _json_object(got.read(MAX_ANSWER))
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = _clean(getattr(error, "reason", error), secret)
        raise Failed(f"No answer from {request.host}: {why}") from None


class _EveryStatus(urllib.request.HTTPErrorProcessor):
    """Hands out each answer as it came, redirects too, instead of acting on it."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


def _opener(
    request: urllib.request.Request, settings: Settings
) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:
            why = error.strerror or "no certificates"
            raise Failed(f"Cannot read {settings.ca_file}: {why}", USAGE) from None
    handlers: list[urllib.request.BaseHandler]
    handlers = [_EveryStatus(), urllib.request.HTTPSHandler(context=context)]
    if request.type == "http":
        # A proxy would see the token, and could not reach this machine's loopback.
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _request(
    url: str, headers: Mapping[str, str], body: bytes | None = None
) -> urllib.request.Request:
    return urllib.request.Request(  # noqa: S310 (both callers checked the scheme)
        url,
        body,
        {"Accept": "application/json", "User-Agent": f"{LOGIN}/{VERSION}", **headers},
    )


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _why(status: int, answer: Mapping[str, Any], token: str) -> str:
    if 300 <= status < 400:
        return f"it redirects elsewhere, which is not followed (status {status})"
    told = answer.get("error_description") or answer.get("message")
    told = told or answer.get("error")
    if not isinstance(told, str):
        return f"status {status}"
    return f"{_clean(told, token)} (status {status})"


def _clean(text: object, secret: str) -> str:
    """Fit for a terminal and a log: printable, short, without the secret."""
    printable = "".join(c if c.isprintable() else " " for c in str(text))
    return printable.replace(secret, "***")[:MAX_TOLD]


# --- The auth file -----------------------------------------------------------------


def auth_file(settings: Settings) -> Path:
    """Where the login goes: containers-auth.json(5), or docker's config.json."""
    if settings.docker_config:
        return Path(settings.docker_config).expanduser() / "config.json"
    named = settings.auth_file or os.environ.get("REGISTRY_AUTH_FILE")
    if named:
        return Path(named).expanduser()
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "containers/auth.json"
    if platform.system() == "Linux":
        return Path(f"/run/containers/{os.getuid()}/auth.json")
    return Path("~/.config/containers/auth.json").expanduser()


def write_logins(path: Path, registries: Sequence[str], robot: str, text: str) -> None:
    """Put logins into an auth file beside those it has. Raises Failed.

    The file is replaced whole, so that no reader ever finds half of it; others that
    run this at the same time wait.
    """
    path = Path(os.path.realpath(path))  # Replace what a link points to, not the link.
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path.parent):
            _replace(path, _with_logins(path, registries, robot, text))
    except OSError as error:
        raise Failed(f"Cannot write {path}: {error.strerror}") from None


def _with_logins(
    path: Path, registries: Sequence[str], robot: str, text: str
) -> dict[str, Any]:
    content = _content(path)
    logins = content.setdefault("auths", {})
    if not isinstance(logins, dict):
        raise Failed(f"{path} is no auth file: its `auths` is not an object")
    for registry in registries:
        _check_is_read(path, content, registry)
        login = base64.b64encode(f"{robot}:{text}".encode()).decode()
        logins[registry] = {"auth": login}
    return content


def _content(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if text.strip() else {}
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Failed(f"{path} is no auth file: it is not a JSON object")
    return content


def _check_is_read(path: Path, content: Mapping[str, Any], registry: str) -> None:
    """Raise Failed if clients would ask a credential helper instead of the file."""
    helpers = content.get("credHelpers")
    helper = helpers.get(registry) if isinstance(helpers, dict) else None
    if helper is None and path.name == "config.json":
        helper = content.get("credsStore")
    if helper:
        raise Failed(
            f"{path} sends clients to the credential helper {helper!r} for {registry},"
            " so they would not see the login; name another file"
        )


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".quaysite-")
    try:
        with open(handle, "w", encoding="utf-8") as file:  # mkstemp: mode 0600
            json.dump(content, file, indent="\t")
            file.write("\n")
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


# --- The three faces ---------------------------------------------------------------


def log_in(settings: Settings) -> None:
    """Exchange the token; write the auth file, or print the robot's token."""
    robot = robot_of(settings)
    password = password_for(settings, robot, find_token(settings))
    if settings.print_token:
        shown = {"token": password.text, "expires_in": password.lifetime}
        print(json.dumps(shown) if settings.json else password.text)
        return
    path = auth_file(settings)
    write_logins(path, settings.registries, robot, password.text)
    facts = {
        "robot": robot,
        "registries": settings.registries,
        "auth_file": str(path),
        "expires_in": password.lifetime or None,
    }
    print(json.dumps(facts) if settings.json else _told(facts))


def _told(facts: Mapping[str, Any]) -> str:
    registries, seconds = ", ".join(facts["registries"]), facts["expires_in"]
    ends = f" for {seconds} seconds" if seconds else ""
    return f"{facts['robot']} is logged in to {registries}{ends}: {facts['auth_file']}"


def answer_docker(arguments: Sequence[str]) -> None:
    """Speak the protocol of docker's credential helpers, on standard input and output.

    It keeps nothing: each `get` is an exchange of its own.
    """
    actions = {
        "get": _docker_get,
        "store": _docker_store,
        "erase": _docker_erase,
        "list": _docker_list,
        "version": _docker_version,
    }
    if len(arguments) != 1 or arguments[0] not in actions:
        raise Failed(f"Usage: {DOCKER_HELPER} {'|'.join(actions)}", USAGE)
    actions[arguments[0]]()


def _docker_get() -> None:
    server = _standard_input()
    settings = read_settings([])
    _start_clock(settings.timeout)
    robot = robot_of(settings)
    if _host(server) not in settings.registries:
        raise Failed(NOT_FOUND)
    password = password_for(settings, robot, find_token(settings))
    found = {"ServerURL": server, "Username": robot, "Secret": password.text}
    print(json.dumps(found))


def _docker_store() -> NoReturn:
    raise Failed(f"{DOCKER_HELPER} keeps no passwords; it needs no docker login")


def _docker_erase() -> None:
    """Nothing is kept, so `docker logout` has nothing to do."""


def _docker_list() -> None:
    settings = read_settings([])
    robot = robot_of(settings)
    print(json.dumps(dict.fromkeys(settings.registries, robot)))


def _docker_version() -> None:
    print(f"{DOCKER_HELPER} {VERSION}")


def _host(server: str) -> str:
    """The registry of an address as clients put it, with https:// and a path or not.

    Empty for any other scheme: what stands before or behind it could be another host.
    """
    address = server[len(HTTPS) :] if server.startswith(HTTPS) else server
    return "" if "://" in address else address.partition("/")[0]


def answer_kubelet(settings: Settings) -> None:
    """Answer one CredentialProviderRequest of the kubelet (KEP-4412).

    The pod's service account proves itself with its own token, and names its robot by
    annotation if it has one. An image of another registry, and a pod without a token,
    get an empty answer: the kubelet goes on without a password.
    """
    request = _json_object(sys.stdin.buffer.read(MAX_ANSWER))
    if request.get("apiVersion") != KUBELET_API:
        raise Failed(f"The kubelet must ask in {KUBELET_API}", USAGE)
    registry = str(request.get("image", "")).partition("/")[0]
    token = request.get("serviceAccountToken")
    if registry not in settings.registries or not isinstance(token, str) or not token:
        print(json.dumps(_kubelet_answer(None, 0)))
        return
    robot = robot_of(replace(settings, robot=_annotated(request) or settings.robot))
    password = password_for(settings, robot, _checked(token, "kubelet"))
    login = {"username": robot, "password": password.text}
    # Asked again well before the password ends, so that no pull begins with a dead one.
    seconds = password.lifetime - min(300, password.lifetime // 2)
    print(json.dumps(_kubelet_answer({registry: login}, seconds)))


def _annotated(request: Mapping[str, Any]) -> str:
    annotations = request.get("serviceAccountAnnotations")
    named = annotations.get(ROBOT_ANNOTATION) if isinstance(annotations, dict) else ""
    return named if isinstance(named, str) else ""


def _kubelet_answer(auth: Mapping[str, Any] | None, seconds: int) -> Mapping[str, Any]:
    return {
        "apiVersion": KUBELET_API,
        "kind": "CredentialProviderResponse",
        "cacheKeyType": "Registry",
        "cacheDuration": f"{seconds}s",
        "auth": auth,
    }


# --- The start ---------------------------------------------------------------------


def main() -> int:
    """Run the face that the program was called by; the exit code."""
    called, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    try:
        if called == DOCKER_HELPER:
            answer_docker(arguments)
        else:
            _run(called, arguments)
    except Failed as failed:
        _tell(str(failed), called, "--json" in arguments)
        return failed.code
    return 0


def _run(called: str, arguments: Sequence[str]) -> None:
    settings = read_settings(arguments)
    _start_clock(settings.timeout)
    if called == KUBELET_PROVIDER or settings.kubelet:
        answer_kubelet(settings)
    else:
        log_in(settings)


def _start_clock(seconds: float) -> None:
    """Have Failed raised after so long, whatever is being waited for."""

    def ring(*_: Any) -> NoReturn:
        raise Failed(f"It took longer than {seconds:g} seconds (see --timeout)")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _tell(sentence: str, called: str, as_json: bool) -> None:
    if called == DOCKER_HELPER:
        print(sentence)  # Docker reads an error from standard output.
    elif as_json:
        print(json.dumps({"error": sentence}), file=sys.stderr)
    else:
        print(f"{LOGIN}: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
