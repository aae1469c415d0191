"""Tell what an identity may do to a repository, and where that comes from."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from robots import conf
from robots.access import authorize
from robots.decision import AccessRequest, Decision
from robots.errors import DomainError
from robots.explain import Cut, Explanation, Source, Verdict, explain, verdicts
from robots.explained import creates, facts, in_order
from robots.management.command import Deed, Outcome
from robots.management.grantees import identity_named
from robots.names import RepositoryName, parse_repository_name
from robots.roles import Action

DENIED = 3

_DEFAULT_ACTIONS = [Action.PULL.value, Action.PUSH.value]


class Command(Deed):
    help = """\
Tell what IDENTITY may do to REPOSITORY right now, every source of its rights, and
all that cuts them. Nothing is changed.

IDENTITY is one of
  namespace+robot   a robot
  USERNAME          a person, logged in with a password
  anonymous         a client that does not log in

The actions are asked for together, as a registry client does: a push to a
repository that does not exist may create it. Scopes of an OAuth token can take
rights away; they are not looked at here."""
    examples = (
        "manage.py check_access acme+ci acme/web",
        "manage.py check_access bob acme/web --action delete",
        "manage.py check_access anonymous acme/web --action pull --json",
    )
    exit_codes = {
        0: "all the actions are granted",
        1: "the database failed, or the settings are wrong",
        2: "no such robot, user or namespace, or an argument is wrong",
        DENIED: "at least one of the actions is denied",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("identity", metavar="IDENTITY")
        parser.add_argument("repository", metavar="REPOSITORY", help="namespace/name")
        parser.add_argument(
            "--action",
            metavar="ACTION",
            nargs="+",
            action="extend",
            choices=[action.value for action in Action],
            help="pull, push, '*' or delete; more than one may be given."
            " Default: pull and push.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        asked = dict.fromkeys(options["action"] or _DEFAULT_ACTIONS)
        actions = [Action(action) for action in asked]
        identity = identity_named(options["identity"])
        name = _repository_name(options["repository"])
        now = timezone.now()
        explanation = explain(identity, name, now)
        request = AccessRequest(name, frozenset(actions))
        [decision] = authorize(identity, [request], now)
        answers = verdicts(explanation, decision, actions)
        allowed = all(answer.granted for answer in answers)
        return Outcome(
            "\n".join(_lines(explanation, decision, answers)),
            {"allowed": allowed, **facts(explanation, decision, answers)},
            exit_code=0 if allowed else DENIED,
        )


def _repository_name(path: str) -> RepositoryName:
    if name := parse_repository_name(path, conf.library_namespace()):
        return name
    raise DomainError(f"{path} cannot be a repository: it is named namespace/name")


def _lines(
    explanation: Explanation, decision: Decision, answers: Sequence[Verdict]
) -> Iterator[str]:
    yield f"{explanation.identity} on {explanation.repository} ({_what(explanation)})"
    for answer in answers:
        outcome = "granted" if answer.granted else f"denied: {answer.reason}"
        yield f"  {answer.action:8}{outcome}"
    if creates(explanation, decision):
        yield (
            f"A push creates {_created_visibility()} repository"
            f" {explanation.repository}; {explanation.identity} becomes its admin."
        )
    yield f"Role: {decision.role.label if decision.role else 'none'}"
    yield from _list("Sources", [_source(source) for source in explanation.sources])
    yield from _list("Ended", [_source(source) for source in explanation.ended])
    yield from _list("Cut by", [_cut(cut) for cut in explanation.cuts])


def _what(explanation: Explanation) -> str:
    if explanation.visibility is None or explanation.state is None:
        return "does not exist"
    return f"{explanation.visibility.label}, {explanation.state.label}"


def _created_visibility() -> str:
    return "private" if conf.private_on_push() else "public"


def _list(title: str, items: list[str]) -> Iterator[str]:
    yield f"{title}:" if items else f"{title}: none"
    yield from (f"  {item}" for item in items)


def _source(source: Source) -> str:
    team = f" {source.team}" if source.team else ""
    until = f" until {source.until.isoformat()}" if source.until else ""
    return f"{source.kind}{team}: {source.role.label}{until}"


def _cut(cut: Cut) -> str:
    stops = "login" if cut.at_login else ", ".join(in_order(cut.stops))
    return f"{cut.reason} (stops {stops})" if stops else str(cut.reason)
