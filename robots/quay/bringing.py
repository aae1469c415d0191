"""Bring organizations of a running Quay here: each is read, then stored whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from robots.accessfile.documents import AccessFile, NamespaceDocument
from robots.accessfile.reconcile import Outcome, PlannedChange, reconcile_all
from robots.accessfile.reconciling.ledger import ADDED, CHANGED
from robots.accessfile.reconciling.namespaces import ORGANIZATION
from robots.accessfile.reconciling.robots import ROBOT
from robots.audit import Performer
from robots.credentials import Deliver, Secret
from robots.errors import DomainError, NameInvalid
from robots.importing.answers import Unusable, called, flag, text
from robots.importing.leftovers import Leftovers
from robots.models import Namespace
from robots.names import check_namespace_name
from robots.quay.api import AnswerInvalid, QuayApi
from robots.quay.brought import Brought
from robots.quay.departed import without_departed
from robots.quay.known import only_known, people_named
from robots.quay.limits import keep_limits
from robots.quay.organizations import NotReadable, read_organization
from robots.quay.progress import Progress
from robots.quay.secrets import secrets_to_keep
from robots.remote import Remote, RemoteFailed

_HERE = "is here already: --organization brings it all the same"

Watch = Callable[[str, int, int], None]
"""Called with an organization, how many repositories were read, and of how many."""


class Interrupted(DomainError):
    """The other end did not answer any more; what was brought before is stored."""


@dataclass(frozen=True)
class Bringing:
    """One run. `destination` answers where the new tokens of an organization go before
    they count, or None, and then none is made."""

    remote: Remote
    by: Performer
    progress: Progress
    destination: Callable[[str], Deliver | None] = lambda name: None
    dry_run: bool = False
    watch: Watch = lambda name, done, total: None
    restores: bool = False
    """Whether robots that were deleted here come back."""

    def names(self, leftovers: Leftovers) -> list[str]:
        """The organizations that the token sees: its person's, or all of a site's."""
        api = QuayApi(self.remote, leftovers)
        user = api.document("/user/")
        items = _list(user.get("organizations"))
        try:
            everywhere = flag(user, "super_user", False)
        except Unusable as error:
            raise AnswerInvalid(f"/user/: {error}") from None
        if everywhere:
            with api.optional("organizations", "of the whole site"):
                items += api.items("/superuser/organizations/", "organizations")
        return sorted(set(_names(items, leftovers)))

    def bring(self, names: Sequence[str], *, were_named: bool) -> Iterator[Brought]:
        """Bring one after the other. Raises Interrupted.

        Organizations that are here already are only touched if the operator named
        them: what has the same name may be another one.
        """
        for position, name in enumerate(names):
            before = self._before(name)
            if before is not None:
                yield before
                continue
            try:
                yield self._bring(name, were_named)
            except (RemoteFailed, AnswerInvalid) as error:
                raise Interrupted(
                    f"{error.message}. Nothing of organization {name} was stored, and"
                    f" {position} of {len(names)} organizations are done: the same"
                    " command goes on from there"
                ) from None

    def _before(self, name: str) -> Brought | None:
        outcome = self.progress.outcome(name)
        if outcome is None:
            return None
        try:
            return Brought.of(outcome)
        except (KeyError, TypeError, ValueError):
            raise DomainError(f"--state: cannot read what came of {name}") from None

    def _bring(self, name: str, was_named: bool) -> Brought:
        leftovers = Leftovers()
        try:
            brought = self._store(name, was_named, leftovers)
        except (RemoteFailed, AnswerInvalid) as error:
            if not _is_absent(error):
                raise
            return _refused(name, "there is none that this token may see")
        except DomainError as error:
            return _refused(name, error.message)
        if not self.dry_run:
            self.progress.finish(name, brought.facts())
        return brought

    def _store(self, name: str, was_named: bool, leftovers: Leftovers) -> Brought:
        _check_place(name, was_named)
        deliver = self.destination(name)
        api = QuayApi(self.remote, leftovers)
        document, shown = read_organization(
            api, name, lambda done, total: self.watch(name, done, total)
        )
        if not self.restores:
            document = without_departed(name, document, leftovers)
        document = only_known(name, document, leftovers)
        document = keep_limits(name, document, leftovers)
        secrets = secrets_to_keep(
            name,
            document.robots or (),
            shown,
            leftovers,
            makes_new=deliver is not None,
        )
        _check_place(name, was_named)
        outcome = self._reconcile(name, was_named, document, secrets, deliver)
        return Brought(
            name,
            done=True,
            added=_count(outcome, ADDED),
            changed=_count(outcome, CHANGED),
            kept_secrets=sum(secret is not None for secret in secrets.values()),
            new_tokens=_count(outcome, ADDED, ROBOT) - len(secrets),
            people=sorted(people_named(document)),
            left_out=leftovers.all(),
            plan=outcome.changes if self.dry_run else (),
        )

    def _reconcile(
        self,
        name: str,
        was_named: bool,
        document: NamespaceDocument,
        secrets: dict[str, Secret | None],
        deliver: Deliver | None,
    ) -> Outcome:
        def check(changes: Sequence[PlannedChange]) -> None:
            """Raise NotReadable if somebody else created it at this moment."""
            made = any(one[:2] == (ADDED, ORGANIZATION) for one in changes)
            if not (made or was_named):
                raise NotReadable(_HERE)

        return reconcile_all(
            [AccessFile({name: document}, self.remote.url)],
            self.by,
            dry_run=self.dry_run,
            secrets=secrets,
            deliver=deliver,
            check=check,
        )


def _check_place(name: str, may_exist: bool) -> None:
    """Raise NotReadable where the organization would be mixed with another one."""
    here = Namespace.objects.filter(name=name).first()
    if here is None:
        return
    if not here.is_organization:
        raise NotReadable("is a person's own namespace here")
    if not may_exist:
        raise NotReadable(_HERE)


def _count(outcome: Outcome, sign: str, noun: str | None = None) -> int:
    return sum(
        change.sign == sign and noun in (None, change.noun)
        for change in outcome.changes
    )


def _refused(name: str, reason: str) -> Brought:
    only = Leftovers()
    only.add("organization", name, reason)
    return Brought(name, left_out=only.all())


def _is_absent(error: DomainError) -> bool:
    return isinstance(error, RemoteFailed) and error.status in (403, 404)


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise AnswerInvalid("/user/: the answer has no organizations")
    return list(found)


def _names(items: Sequence[Any], leftovers: Leftovers) -> Iterator[str]:
    for item in items:
        try:
            name = text(item, "name")
            check_namespace_name(name)
            yield name
        except (Unusable, NameInvalid) as error:
            leftovers.add("organization", called(item), str(error))
