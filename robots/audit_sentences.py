"""What an audit event says, as one sentence for people.

Pure: from the kind, the copied names and the facts of an event. A kind that is not
known here is told in the words of its own name.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from robots.audit_kinds import SENTENCES

MAX_VALUE = 120
"""Characters of one name or fact in a sentence; the event's page has all of it."""

NOBODY = "Somebody who was not signed in"


class Told(NamedTuple):
    """The columns of an event that its sentence is made of."""

    kind: str
    performer_kind: str
    performer: str
    namespace: str
    repository: str
    facts: Mapping[str, Any]


_BY_KIND = {
    kind: sentence
    for sentences in SENTENCES.values()
    for kind, sentence in sentences.items()
}


def sentence(told: Told) -> str:
    """The event in words, without a full stop; never raises, whatever the facts are."""
    pattern = _BY_KIND.get(told.kind)
    if pattern is not None:
        return pattern.format_map(_Words(told))
    words = _Words(told)
    about = next((f": {words[key]}" for key in _SUBJECTS if told.facts.get(key)), "")
    return f"{words['who']}: {_plain(told.kind.replace('_', ' '))}{about}"


class _Words(dict[str, str]):
    """The words of one event; a fact that is missing is "(unknown)"."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told

    def __missing__(self, key: str) -> str:
        if key in _MADE:
            return _MADE[key](self.told)
        return _plain(self.told.facts.get(key)) or "(unknown)"


def _who(told: Told) -> str:
    return NOBODY if told.performer_kind == "anonymous" else _plain(told.performer)


def _login(told: Told) -> str:
    """Who logged in, or whom somebody wanted to log in as."""
    if told.facts.get("kind") == "robot":
        return _robot(told)
    name = told.facts.get("username")
    is_refused = told.kind in ("login_failure", "login_blocked")
    return _plain(name) if is_refused and name else _who(told)


def _robot(told: Told) -> str:
    return _full_name(told, _plain(told.facts.get("robot")))


def _stopped(told: Told) -> str:
    """Whose robots an emergency switch is of."""
    if told.facts.get("robot"):
        return f"the robot {_robot(told)}"
    if issuer := _plain(told.facts.get("issuer")):
        return f"all robots that log in with tokens of {issuer}"
    return f"the robots of {_plain(told.namespace) or 'the whole site'}"


def _robots(told: Told) -> str:
    names = told.facts.get("robots")
    if not isinstance(names, list) or not names:
        return _robot(told)
    return _first_of([_full_name(told, _plain(name)) for name in names])


def _first_of(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _full_name(told: Told, name: str) -> str:
    if not name:
        return "a robot account"
    return name if "+" in name else f"{_plain(told.namespace)}+{name}"


def _grantee(told: Told) -> str:
    if team := _plain(told.facts.get("team")):
        return f"team {team}"
    return _plain(told.facts.get("username")) or _robot(told)


def _delegate(told: Told) -> str:
    if team := _plain(told.facts.get("delegate_team")):
        return f"team {team}"
    return _plain(told.facts.get("delegate_user")) or "(unknown)"


def _repo(told: Told) -> str:
    name = _plain(told.repository) or _plain(told.facts.get("repo"))
    return f"{_plain(told.namespace)}/{name}" if name else "a repository"


def _application(told: Told) -> str:
    names = told.facts.get("applications")
    if isinstance(names, list) and names:
        return _first_of([_plain(name) for name in names])
    name = told.facts.get("application_name") or told.facts.get("client_id")
    return _plain(name) or "the site"


def _until(told: Told) -> str:
    until = told.facts.get("until")
    if not isinstance(until, str) or not until:
        return ""
    try:
        return f" until {datetime.fromisoformat(until):%Y-%m-%d %H:%M %Z}".rstrip()
    except ValueError:
        return f" until {_plain(until)}"


def _after_colon(fact: str) -> Callable[[Told], str]:
    def word(told: Told) -> str:
        text = _plain(told.facts.get(fact))
        return f": {text}" if text else ""

    return word


def _changed(told: Told) -> str:
    names = told.facts.get("changed")
    if not isinstance(names, list) or not names:
        return ""
    return _plain(f" ({', '.join(str(name) for name in names)})")


def _fields(told: Told) -> str:
    names = [name for name in told.facts if name != "robot"]
    return _plain(f" ({', '.join(names)})".replace("_", " ")) if names else ""


_SUBJECTS = ("robot", "repo", "team", "username", "name", "title", "reason")
"""Facts of which the first one says what an event of an unknown kind is about."""

_MADE: dict[str, Callable[[Told], str]] = {
    "who": _who,
    "login": _login,
    "robot": _robot,
    "robots": _robots,
    "grantee": _grantee,
    "delegate": _delegate,
    "repo": _repo,
    "namespace": lambda told: (
        _plain(told.namespace or told.facts.get("namespace_name")) or "(unknown)"
    ),
    "stopped": _stopped,
    "taken": lambda told: _plain(told.facts.get("namespace")) or "a namespace",
    "application": _application,
    "until": _until,
    "message": _after_colon("message"),
    "reason": _after_colon("reason"),
    "changed": _changed,
    "fields": _fields,
    "mirror_robot": lambda told: _plain(told.facts.get("mirror_robot")) or "nobody",
    "visibility": lambda told: _plain(told.facts.get("visibility")) or "new",
    "role": lambda told: _plain(told.facts.get("role")) or "none",
}


def _plain(value: Any) -> str:
    """One line that can always be sent, of MAX_VALUE characters at most."""
    if value is None:
        return ""
    text = " ".join(str(value).split())
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"
