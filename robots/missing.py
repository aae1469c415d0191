"""What an identity lacks for an action: the practical end of an explanation.

Nothing is decided here. Whatever `robots.access` denies to a robot has at least one
need, and what it grants has none; a test holds the two together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from robots.explain import Explanation, Verdict
from robots.models import Namespace
from robots.roles import NEEDED_ROLE, Action, Role, TeamRole


@dataclass(frozen=True, slots=True)
class Missing:
    """What one denied action needs: all of `needs` together.

    `role` is the least role on the repository, None where the role is not what is
    lacking. `team_role` is the least role of a team whose members may create the
    repository, where that would do instead.
    """

    action: Action
    role: Role | None
    team_role: TeamRole | None
    needs: tuple[str, ...]


def missing(
    explanation: Explanation, answers: Sequence[Verdict], namespace: Namespace
) -> list[Missing]:
    """The needs of each action that is denied; `namespace` is the repository's."""
    asked = {answer.action for answer in answers}
    creatable = Action.PUSH in asked and explanation.state is None
    return [
        _missing(explanation, answer.action, creatable, namespace.is_organization)
        for answer in answers
        if not answer.granted
    ]


def _missing(
    explanation: Explanation, action: Action, creatable: bool, has_teams: bool
) -> Missing:
    held = max((source.role for source in explanation.sources), default=0)
    role = NEEDED_ROLE[action] if held < NEEDED_ROLE[action] else None
    may_join = creatable and has_teams and role is not None
    team_role = TeamRole.CREATOR if may_join else None
    needs = (
        *_grants(explanation, role, team_role, creatable),
        *_ends(explanation, action),
    )
    return Missing(action, role, team_role, needs)


def _grants(
    explanation: Explanation,
    role: Role | None,
    team_role: TeamRole | None,
    creatable: bool,
) -> Iterator[str]:
    """The repository, and a role on it; or the right to create it."""
    name = explanation.repository
    if team_role is not None and role is not None:
        yield (
            f"a place in a team with the role {team_role.label} or higher, which may"
            f" create {name}; or that {name} exists, and the role {role.label} or"
            f" higher on it"
        )
        return
    if explanation.state is None and not (creatable and role is None):
        yield f"that {name} exists"
    if role is not None:
        yield (
            f"the role {role.label} or higher on {name}, of {explanation.identity}"
            f" itself or of a team that it is in"
        )


def _ends(explanation: Explanation, action: Action) -> Iterator[str]:
    for cut in explanation.cuts:
        if action in cut.stops:
            yield f"an end to this: {cut.reason}"
