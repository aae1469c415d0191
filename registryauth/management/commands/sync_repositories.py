"""Let repositories that a registry has exist here too."""

import json
from argparse import ArgumentTypeError
from collections.abc import Sequence
from itertools import groupby
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.management.base import CommandParser
from django.db import transaction

from registryauth import catalog, conf
from registryauth.arrivals import BATCH, Comparison, compare, create_arrivals
from registryauth.keys import KeyStoreError
from registryauth.signing import active_key
from robots.conf import registry_host
from robots.errors import DomainError, NotFound
from robots.lifecycle.organizations import create_organization
from robots.lookup import namespace_named, user_named
from robots.management.command import DONE, PENDING, REFUSED, Deed, Outcome
from robots.management.progress import bar
from robots.names import RepositoryName
from robots.remote import LOOPBACK, Remote, RemoteFailed
from robots.roles import Visibility

SHOWN = 20
"""Names of one kind in the text; --json has all of them."""


class Command(Deed):
    help = f"""\
Read the list of all repositories of a registry (/v2/_catalog, page by page) and
create those that do not exist here. A repository a/b/c belongs to the namespace a;
one without a / to LIBRARY_NAMESPACE. The default permissions of its namespace apply,
as always; nothing else is granted, and nothing is ever deleted.

A namespace that does not exist is reported, or created with --create-organizations.
A repository that was deleted here, or whose namespace was deleted or renamed, is
reported too, and comes back with --restore only: a registry lists it for ever. In a
namespace that was made anew, this holds for names that the one before had.

The organizations are created together, then repositories, {BATCH} at a time.

The command makes the token for the registry itself; it is good for the list alone,
for a minute. Run it again whenever you like: what is there stays as it is."""
    examples = (
        "manage.py sync_repositories --all --dry-run",
        "manage.py sync_repositories --namespace acme",
        "manage.py sync_repositories --all --url https://registry.example.com"
        " --create-organizations --owner alice",
    )
    exit_codes: ClassVar[dict[int, str]] = {
        **Deed.exit_codes,
        REFUSED: "refused, or an argument is wrong; what was created before stays",
        PENDING: "--dry-run, and there is something to create",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "--namespace",
            metavar="NAMESPACE",
            action="append",
            help="Bring the repositories of this one. May be given again.",
        )
        which.add_argument("--all", action="store_true", help="Bring all of them.")
        parser.add_argument(
            "--url",
            metavar="URL",
            help="The registry. Default: https:// and REGISTRY_HOSTNAME; http:// if"
            " that is this machine.",
        )
        parser.add_argument(
            "--ca-file",
            metavar="FILE",
            help="Certificate authorities (PEM) that the registry's may be of.",
        )
        parser.add_argument(
            "--service",
            metavar="NAME",
            help="Its name, one of REGISTRY_SERVICES. Default: the first.",
        )
        parser.add_argument(
            "--page-size",
            metavar="N",
            type=_page_size,
            default=catalog.PAGE,
            help="Names to ask for at a time (default: %(default)s).",
        )
        self._add_what_is_made(parser)

    def _add_what_is_made(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--create-organizations",
            action="store_true",
            help="Create namespaces that do not exist, as organizations.",
        )
        parser.add_argument(
            "--owner",
            metavar="USERNAME",
            help="Who is in the owners team of those. Default: nobody.",
        )
        parser.add_argument(
            "--visibility",
            choices=Visibility.labels,
            default=Visibility.PRIVATE.label,
            help="Of new repositories (default: %(default)s).",
        )
        parser.add_argument(
            "--restore",
            action="store_true",
            help="Bring back what was deleted here, too.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what would be created."
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        owner = _owner(options)
        url = options["url"] or _default_url()
        namespaces = _namespaces(options)
        found = compare(_read_catalog(url, options), namespaces)
        organizations = _take_in(found, options)
        pending = options["dry_run"] and bool(found.new)
        if not options["dry_run"]:
            with transaction.atomic():
                for name in organizations:
                    create_organization(name, self.by, owner)
            self._create(found, options)
        return Outcome(
            _text(url, found, organizations, options["dry_run"]),
            _facts(url, found, organizations, options["dry_run"]),
            PENDING if pending else DONE,
        )

    def _create(self, found: Comparison, options: dict[str, Any]) -> None:
        """Create what is new; `found.new` is then what was created."""
        visibility = Visibility[options["visibility"].upper()]
        batches = list(_batches(found.new))
        created = []
        with bar(
            "Creating repositories", len(batches), quiet=options["json"]
        ) as advance:
            for namespace, names in batches:
                try:
                    row = namespace_named(namespace)
                    made = create_arrivals(row, names, self.by, visibility)
                except NotFound:
                    found.homeless += [
                        RepositoryName(namespace, name) for name in names
                    ]
                    continue
                finally:
                    advance()
                created += [RepositoryName(namespace, name) for name in made]
        found.new = created


def _page_size(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise ArgumentTypeError(f"{text!r} is not a number from 1 to 10000")
    return int(text)


def _owner(options: dict[str, Any]) -> AbstractBaseUser | None:
    """Raises DomainError, or NotFound."""
    if options["owner"] is None:
        return None
    if not options["create_organizations"]:
        raise DomainError("--owner is for --create-organizations")
    return user_named(options["owner"])


def _default_url() -> str:
    host = registry_host()
    name = urlsplit(f"//{host}").hostname
    return f"{'http' if name in LOOPBACK else 'https'}://{host}"


def _namespaces(options: dict[str, Any]) -> frozenset[str] | None:
    """Those asked for; None is all. Raises NotFound for one that cannot be."""
    if options["all"]:
        return None
    if not options["create_organizations"]:
        for name in options["namespace"]:
            namespace_named(name)
    return frozenset(options["namespace"])


def _read_catalog(url: str, options: dict[str, Any]) -> list[str]:
    """Every name that the registry lists. Raises DomainError."""
    service = options["service"] or conf.services()[0]
    if service not in conf.services():
        known = ", ".join(conf.services())
        raise DomainError(f"--service {service} is not in REGISTRY_SERVICES ({known})")
    try:
        active_key()
        remote = Remote(
            url,
            authorization=lambda: catalog.authorization(service),
            ca_file=options["ca_file"],
        )
        return list(catalog.repository_names(remote, options["page_size"]))
    except KeyStoreError as error:
        raise DomainError(f"There is no signing key: {error}") from None
    except RemoteFailed as error:
        if error.status == 401:
            raise DomainError(
                f"{url} refused our token: its `service` and `issuer` must be"
                f" {service} and {conf.issuer()}, and its key files those of today"
            ) from None
        raise


def _take_in(found: Comparison, options: dict[str, Any]) -> list[str]:
    """Count as new what is asked for beyond; the organizations that it needs."""
    if options["restore"]:
        known = {name.namespace for name in (*found.new, *found.here)}
        gone, found.gone = found.gone, []
        for name in gone:
            there = name.namespace in known or _exists(name.namespace)
            (found.new if there else found.homeless).append(name)
    organizations: list[str] = []
    if options["create_organizations"]:
        organizations = sorted({name.namespace for name in found.homeless})
        found.new, found.homeless = [*found.new, *found.homeless], []
    found.new.sort()
    return organizations


def _exists(namespace: str) -> bool:
    try:
        namespace_named(namespace)
    except NotFound:
        return False
    return True


def _batches(names: Sequence[RepositoryName]) -> list[tuple[str, list[str]]]:
    batches = []
    for namespace, group in groupby(names, key=lambda name: name.namespace):
        short = [name.name for name in group]
        for start in range(0, len(short), BATCH):
            batches.append((namespace, short[start : start + BATCH]))
    return batches


def _facts(
    url: str, found: Comparison, organizations: Sequence[str], dry_run: bool
) -> dict[str, Any]:
    return {
        "registry": url,
        "dry_run": dry_run,
        "organizations": list(organizations),
        "created": [str(name) for name in found.new],
        "here": len(found.here),
        "deleted_before": [str(name) for name in found.gone],
        "no_namespace": [str(name) for name in found.homeless],
        "refused": found.refused,
        "only_here": [str(name) for name in found.only_here],
    }


def _text(
    url: str, found: Comparison, organizations: Sequence[str], dry_run: bool
) -> str:
    """A table of how many there are of each kind, and names of those to look at."""
    create = "To create" if dry_run else "Created"
    kinds: list[tuple[str, int, Sequence[object]]] = [
        (f"{create}: organizations", len(organizations), organizations),
        (f"{create}: repositories", len(found.new), found.new),
        ("Here already", len(found.here), ()),
        ("Deleted here before", len(found.gone), found.gone),
        ("Without a namespace here", len(found.homeless), found.homeless),
        ("Impossible names", len(found.refused), list(map(json.dumps, found.refused))),
        ("Only here", len(found.only_here), found.only_here),
    ]
    lines = [f"{url}", *(f"  {words:<26}{count:>9,}" for words, count, _ in kinds)]
    for words, count, names in kinds:
        if names:
            lines += ["", f"{words}:", *(f"  {name}" for name in names[:SHOWN])]
        if names and count > SHOWN:
            lines.append(f"  and {count - SHOWN:,} more")
    return "\n".join(lines)
