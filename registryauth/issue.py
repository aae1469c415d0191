"""The use case: an identity and its scopes become a registry token."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registryauth import issued, refresh, tokens
from registryauth.errors import NamespaceDisabled
from registryauth.scopes import Scope
from robots.access import authorize, may_list_catalog
from robots.credentials import Secret
from robots.decision import AccessRequest, Decision
from robots.errors import AlreadyExists, NotFound
from robots.identity import Identity
from robots.lifecycle.repositories import create_on_push
from robots.names import RepositoryName
from robots.origin import Origin
from robots.repository_uses import uses
from robots.roles import Action
from robots.usage import usage

logger = logging.getLogger(__name__)

NOTHING: frozenset[Action] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """What one request asks for. A request that may not write creates nothing."""

    service: str
    scopes: Sequence[Scope]
    wants_refresh_token: bool
    may_create: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Answer:
    """A signed token and when it began and ends; a refresh token if wanted."""

    token: str
    issued_at: datetime
    expires_at: datetime
    refresh_token: Secret | None


def issue(identity: Identity, question: Question, now: datetime) -> Answer:
    """Decide every scope and sign the result.

    A denied scope stays in the token with no actions, whether or not its
    repository exists. Raises NamespaceDisabled.
    """
    decisions = _decide(identity, question, now)
    granted = [
        (scope, _granted(identity, scope, decisions)) for scope in question.scopes
    ]
    _log(identity, question, granted, decisions)
    usage.note(identity, now)
    uses.note_granted(identity, decisions.values(), now)
    issued.issued_count.note(identity, now)
    wants_refresh = question.wants_refresh_token and refresh.can_be_earned(identity)
    return Answer(
        token=tokens.mint(identity, question.service, granted, now),
        issued_at=now,
        expires_at=tokens.expires_at(identity, now),
        refresh_token=(
            refresh.mint(identity, question.service, now) if wants_refresh else None
        ),
    )


def _decide(
    identity: Identity, question: Question, now: datetime
) -> dict[Scope, Decision]:
    scopes = [scope for scope in question.scopes if scope.repository is not None]
    decisions = _authorized(identity, scopes, now)
    missing = [scope for scope in scopes if decisions[scope].creates]
    if question.may_create and missing:
        for scope in missing:
            name = decisions[scope].request.repository
            _create(identity, name, question.origin)
        decisions |= _authorized(identity, missing, now)
    return decisions


def _authorized(
    identity: Identity, scopes: Sequence[Scope], now: datetime
) -> dict[Scope, Decision]:
    requests = [
        AccessRequest(scope.repository, scope.actions)
        for scope in scopes
        if scope.repository is not None
    ]
    decisions = authorize(identity, requests, now)
    # Only the first one is what the client came for: a further one is where a blob
    # may be mounted from, and must not stop the push.
    # Nor does an anonymous caller learn of it.
    if decisions and decisions[0].namespace_disabled and not identity.is_anonymous:
        raise NamespaceDisabled(
            f"Namespace {requests[0].repository.namespace} has been disabled."
            " Please contact a system administrator."
        )
    return dict(zip(scopes, decisions, strict=True))


def _create(identity: Identity, name: RepositoryName, origin: Origin) -> None:
    try:
        create_on_push(identity, name, origin)
    except (AlreadyExists, NotFound):
        # Someone else was faster; what this identity may do there is asked anew.
        logger.info("repository %s changed meanwhile", name)


def _granted(
    identity: Identity, scope: Scope, decisions: dict[Scope, Decision]
) -> frozenset[Action]:
    if decision := decisions.get(scope):
        return NOTHING if decision.creates else decision.granted
    if scope.is_catalog and may_list_catalog(identity):
        return scope.actions & {Action.ALL}
    return NOTHING


def _log(
    identity: Identity,
    question: Question,
    granted: Sequence[tuple[Scope, frozenset[Action]]],
    decisions: dict[Scope, Decision],
) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    logger.info(
        "token sub=%s method=%s service=%s granted=[%s] denied=[%s] request=%s",
        identity.name,
        identity.method,
        question.service,
        " ".join(f"{s.name}:{','.join(sorted(a))}" for s, a in granted if a),
        "; ".join(
            f"{scope.name}:{action}: {denial}"
            for scope, decision in decisions.items()
            for action, denial in sorted(decision.denied.items())
        ),
        question.origin.request_id,
    )
