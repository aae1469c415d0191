"""The use case: an identity and its scopes become a registry token."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from registryauth import counted, issued, refresh, tokens
from registryauth.errors import NamespaceDisabled, TooManyRequests
from registryauth.foreseen import Wish
from registryauth.robot_login import confirm_robot
from registryauth.scopes import Scope
from robots.access import authorize, authorize_by_replica, may_list_catalog
from robots.credentials import Secret
from robots.decision import AccessRequest, Decision
from robots.errors import AlreadyExists, BudgetSpent, NotFound
from robots.identity import Identity
from robots.lifecycle.repositories import create_on_push
from robots.login_grants import LoginGrants
from robots.names import RepositoryName
from robots.origin import Origin
from robots.replica_watch import watch
from robots.repository_uses import uses
from robots.roles import Action
from robots.spans import traced
from robots.token_budget import token_budget
from robots.usage import usage

logger = logging.getLogger(__name__)

NOTHING: frozenset[Action] = frozenset()


class Question(NamedTuple):
    """What one request asks for. A request that may not write creates nothing."""

    wish: Wish
    may_create: bool
    origin: Origin


class Answer(NamedTuple):
    """A signed token and when it began and ends; a refresh token if wanted."""

    token: str
    issued_at: datetime
    expires_at: datetime
    refresh_token: Secret | None


def issue(
    identity: Identity,
    question: Question,
    now: datetime,
    grants: LoginGrants | None = None,
) -> Answer:
    """Decide every scope and sign the result; by `grants`, where the login found them.

    A denied scope stays in the token with no actions, whether or not its
    repository exists. Raises NamespaceDisabled, and Unauthorized for a robot that only
    a replica let in. Raises TooManyRequests for a robot whose budget is spent.
    """
    try:
        token_budget.spend(identity)
    except BudgetSpent as spent:
        raise TooManyRequests(spent) from None
    decisions = _decide(identity, question, now, grants)
    granted = [
        (scope, _granted(identity, scope, decision))
        for scope, decision in zip(question.wish.scopes, decisions, strict=True)
    ]
    _log(identity, question, granted, decisions)
    usage.note(identity, now)
    uses.note_granted(identity, filter(None, decisions), now)
    issued.issued_count.note(identity, now)
    counted.note_denials(decisions)
    service = question.wish.service
    wants_refresh = question.wish.wants_refresh_token
    token, expires_at = tokens.mint(identity, service, granted, now)
    return Answer(
        token=token,
        issued_at=now,
        expires_at=expires_at,
        refresh_token=(
            refresh.mint(identity, service, now)
            if wants_refresh and refresh.can_be_earned(identity)
            else None
        ),
    )


@traced("decision")
def _decide(
    identity: Identity,
    question: Question,
    now: datetime,
    grants: LoginGrants | None,
) -> list[Decision | None]:
    """One decision for each scope, in order; None for what is no repository."""
    scopes = question.wish.scopes
    requests = [
        AccessRequest(scope.repository, scope.actions)
        for scope in scopes
        if scope.repository is not None
    ]
    decisions = _authorized(identity, requests, now, grants)
    missing = [decision for decision in decisions if decision.creates]
    if question.may_create and missing:
        for decision in missing:
            _create(identity, decision.request.repository, question.origin)
        anew = iter(_authorized(identity, [d.request for d in missing], now))
        decisions = [next(anew) if d.creates else d for d in decisions]
    found = iter(decisions)
    return [next(found) if scope.repository else None for scope in scopes]


def _authorized(
    identity: Identity,
    requests: Sequence[AccessRequest],
    now: datetime,
    grants: LoginGrants | None = None,
) -> list[Decision]:
    if not requests:
        return []
    # What the primary just said no replica knows better: it may grant what was revoked
    # before the very token was made.
    is_told = grants is not None and grants.are_of(identity)
    if not is_told and watch.is_usable():
        known = authorize_by_replica(identity, requests, now)
        if known is not None:
            return known
    confirm_robot(identity, now)
    decisions = authorize(identity, requests, now, grants)
    # Only the first one is what the client came for: a further one is where a blob
    # may be mounted from, and must not stop the push.
    # Nor does an anonymous caller learn of it.
    if decisions and decisions[0].namespace_disabled and not identity.is_anonymous:
        raise NamespaceDisabled(
            f"Namespace {requests[0].repository.namespace} has been disabled."
            " Please contact a system administrator."
        )
    return decisions


def _create(identity: Identity, name: RepositoryName, origin: Origin) -> None:
    try:
        create_on_push(identity, name, origin)
    except (AlreadyExists, NotFound):
        # Someone else was faster; what this identity may do there is asked anew.
        logger.info("repository %s changed meanwhile", name)


def _granted(
    identity: Identity, scope: Scope, decision: Decision | None
) -> frozenset[Action]:
    if decision is not None:
        return NOTHING if decision.creates else decision.granted
    if scope.is_catalog and may_list_catalog(identity):
        return scope.actions & {Action.ALL}
    return NOTHING


def _log(
    identity: Identity,
    question: Question,
    granted: Sequence[tuple[Scope, frozenset[Action]]],
    decisions: Sequence[Decision | None],
) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    logger.info(
        "token sub=%s method=%s service=%s granted=[%s] denied=[%s] request=%s",
        identity.name,
        identity.method,
        question.wish.service,
        " ".join(f"{s.name}:{','.join(sorted(a))}" for s, a in granted if a),
        "; ".join(
            f"{scope.name}:{action}: {denial}"
            for scope, decision in zip(question.wish.scopes, decisions, strict=True)
            if decision is not None
            for action, denial in sorted(decision.denied.items())
        ),
        question.origin.request_id,
    )
