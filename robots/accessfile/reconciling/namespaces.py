"""Namespaces of a file: locked, created, and given the fields that are said."""

from collections.abc import Iterable, Sequence

from robots.accessfile.documents import ORGANIZATION_FIELDS, NamespaceDocument
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reconciling.differences import difference, differing, shown
from robots.accessfile.reconciling.ledger import Ledger
from robots.accessfile.reconciling.site import Order, Site
from robots.batches import batches
from robots.errors import DomainError
from robots.lifecycle.organizations import (
    EVENTS,
    create_organization,
    set_namespace_enabled,
    update_organization,
)
from robots.models import Namespace
from robots.models.namespaces import DEFAULT_TAG_EXPIRATION

ORGANIZATION = "organization"
PERSONAL = "personal namespace"

_USUAL = {
    "enabled": True,
    "invoice_email": False,
    "tag_expiration_s": DEFAULT_TAG_EXPIRATION,
}
"""What a plan need not tell of a new organization."""


def locked_namespaces(names: Iterable[str]) -> dict[str, Namespace]:
    """Those that are there, by name, locked in one order by whoever comes here."""
    found: dict[str, Namespace] = {}
    for batch in batches(sorted(names)):
        rows = Namespace.objects.select_for_update(no_key=True)
        found.update((row.name, row) for row in rows.filter(name__in=batch))
    return found


def settle(
    name: str,
    said: NamespaceDocument,
    source: str,
    held: Namespace | None,
    order: Order,
    ledger: Ledger,
) -> Site:
    """The namespace as the file has it; raises FileInvalid for what cannot be."""
    if held is None:
        held = _created(name, said, source, order, ledger)
        return Site(said, source, held, order, ledger)
    site = Site(said, source, held, order, ledger)
    _check_kind(site)
    _change(site)
    return site


def _created(
    name: str, said: NamespaceDocument, source: str, order: Order, ledger: Ledger
) -> Namespace:
    if said.personal:
        problem = f"there is no person {name}, and a file creates no people"
        raise FileInvalid(source, said.line, problem)
    if said.partial and not said.fields:
        # A table of permissions names it: a slip of the pen must not create it.
        problem = f"there is no namespace {name}, and no field of it is said"
        raise FileInvalid(source, said.line, problem)
    others = dict(said.fields)
    email = others.pop("email", "")
    try:
        # Teams that are listed are all there are.
        created = create_organization(
            name,
            order.by,
            email=email,
            with_owners=said.teams is None or said.partial,
            fields=others,
        )
    except DomainError as error:
        raise FileInvalid(source, said.line, error.message) from error
    details = [
        f"{field} {shown(said.fields[field])}"
        for field in ORGANIZATION_FIELDS
        if said.fields.get(field) not in (None, "", _USUAL.get(field))
    ]
    ledger.add(ORGANIZATION, name, *details)
    return created


def _check_kind(site: Site) -> None:
    said, line = site.said, site.said.line
    if said.personal and site.namespace.is_organization:
        raise site.refused(line, f"{site.name} is an organization, and not personal")
    # A partial one, such as a table of permissions, need not say what it is.
    unsaid = not said.personal and not said.partial
    if unsaid and not site.namespace.is_organization:
        raise site.refused(
            line, f"{site.name} is a person's own namespace: say `personal: true`"
        )
    if said.personal and set(said.fields) - {"enabled"}:
        raise site.refused(line, "a personal namespace has no field but `enabled`")


def _change(site: Site) -> None:
    changed = differing(site.said.fields, site.namespace, ORGANIZATION_FIELDS)
    with site.at(site.said.line):
        if "enabled" in changed:
            enabled = site.said.fields["enabled"]
            _tell(site, ["enabled"])
            set_namespace_enabled(site.namespace, enabled, site.by)
        for kind in dict.fromkeys(EVENTS[name] for name in changed if name in EVENTS):
            _update(site, [name for name in changed if EVENTS.get(name) == kind])


def _update(site: Site, names: Sequence[str]) -> None:
    """Change the fields that one event tells of."""
    _tell(site, names)
    changes = {name: site.said.fields[name] for name in names}
    update_organization(site.namespace, changes, site.by)


def _tell(site: Site, names: Sequence[str]) -> None:
    said, held = site.said.fields, site.namespace
    noun = ORGANIZATION if held.is_organization else PERSONAL
    details = [difference(name, getattr(held, name), said[name]) for name in names]
    widens = "enabled" in names and said["enabled"]
    site.ledger.change(noun, site.name, details, widens=widens)
