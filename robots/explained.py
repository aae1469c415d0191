"""An explanation as plain data: for JSON, whoever asks for it."""

from collections.abc import Iterable, Sequence
from typing import Any

from robots.decision import Decision
from robots.explain import Cut, Explanation, Source, Verdict
from robots.roles import Action


def facts(
    explanation: Explanation, decision: Decision, answers: Sequence[Verdict]
) -> dict[str, Any]:
    """Everything that is known about one identity and one repository."""
    return {
        "identity": explanation.identity.name,
        "kind": explanation.identity.kind.value,
        "repository": str(explanation.repository),
        "exists": explanation.state is not None,
        "visibility": explanation.visibility.label if explanation.visibility else None,
        "state": explanation.state.label if explanation.state else None,
        "actions": {
            answer.action.value: {"granted": answer.granted, "reason": answer.reason}
            for answer in answers
        },
        "role": decision.role.label if decision.role else None,
        "creates": creates(explanation, decision),
        "sources": [_source(source) for source in explanation.sources],
        "ended": [_source(source) for source in explanation.ended],
        "cuts": [_cut(cut) for cut in explanation.cuts],
    }


def creates(explanation: Explanation, decision: Decision) -> bool:
    """Whether a push would create the repository."""
    return decision.creates and explanation.login_cut is None


def in_order(actions: Iterable[Action]) -> list[str]:
    """The actions' names, in the order in which a token lists them."""
    held = frozenset(actions)
    return [action.value for action in Action if action in held]


def _source(source: Source) -> dict[str, str | None]:
    return {
        "kind": source.kind.value,
        "role": source.role.label,
        "team": source.team,
        "until": source.until.isoformat() if source.until else None,
    }


def _cut(cut: Cut) -> dict[str, Any]:
    return {
        "reason": str(cut.reason),
        "stops": in_order(cut.stops),
        "at_login": cut.at_login,
    }
