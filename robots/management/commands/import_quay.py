"""Bring organizations of a running Quay here, over its API."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from robots.accessfile.shown import plan_lines
from robots.credentials import Deliver, Secret
from robots.errors import DomainError
from robots.importing.leftovers import Leftovers
from robots.management import importing, new_tokens
from robots.management.command import Deed, Outcome
from robots.management.progress import counting_bar
from robots.names import check_namespace_name
from robots.quay.bringing import Bringing
from robots.quay.brought import Brought
from robots.quay.progress import NoProgress, Progress, ProgressFile
from robots.quay.token_source import VARIABLE, token_from
from robots.remote import Remote

LEFT_OUT = 3

MOST_NAMES = 50
"""People of one organization whose names are printed; JSON has them all."""


class Command(Deed):
    help = f"""\
Bring organizations of a running Quay here: teams with their members, robots with
their tokens and trusts, repositories, permissions and default permissions. Images
stay where they are, and nothing is ever removed here.

The token is one of Quay's OAuth tokens, of an administrator of the organizations,
with the scopes org:admin, repo:admin and user:read. It comes from --token-file, from
{VARIABLE} in the environment, or from --token.

A robot keeps the token that it has at Quay, so that its clients go on working; one
that is here already keeps the token that it has here. People are never created:
whoever has no account of the same name here is named in the report. Who has one gets
what that name has at Quay: look at the names that --dry-run prints.

A robot whose token Quay does not show gets none here, unless --tokens-file or
--tokens-command says where to put a new one; each organization has a file of its own
(FILE.acme), and runs the command once.

Each organization is stored in one transaction. After an interruption the same
command goes on. What was stored just before a run was killed is here already:
--organization brings it again, which changes nothing."""
    examples = (
        "manage.py import_quay --url https://quay.example.com --token-file quay.token"
        " --dry-run",
        "manage.py import_quay --url https://quay.example.com --token-file quay.token"
        " --state quay.state --report quay.json",
        f"{VARIABLE}=... manage.py import_quay --url https://quay.example.com"
        " --organization acme --organization lab",
    )
    exit_codes: ClassVar[dict[int, str]] = {
        **Deed.exit_codes,
        2: "refused, or the other end stopped answering; what the message says is"
        " done is stored",
        LEFT_OUT: "done, and the report names what could not be brought",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--url", required=True, help="https://HOST of the Quay.")
        parser.add_argument(
            "--token-file", metavar="FILE", help="A file that holds the OAuth token."
        )
        parser.add_argument(
            "--token",
            metavar="TOKEN",
            help="The OAuth token. Others on this machine see it in the list of"
            " processes: prefer --token-file.",
        )
        parser.add_argument(
            "--organization",
            metavar="NAME",
            action="append",
            help="Bring this one, even into an organization of that name that is here"
            " already; it can be given more than once. Default: all that the token"
            " sees and that are not here yet.",
        )
        parser.add_argument(
            "--ca-file",
            metavar="FILE",
            help="Certificates (PEM) to trust in place of the system's.",
        )
        parser.add_argument(
            "--state",
            metavar="FILE",
            help="Remember finished organizations there, and skip those that are.",
        )
        parser.add_argument(
            "--report", metavar="FILE", help="Write the report there too, as JSON."
        )
        importing.add_arguments(parser)

    def perform(self, options: dict[str, Any]) -> Outcome:
        remote = _remote(options)
        leftovers = Leftovers()
        brought: list[Brought] = []
        try:
            self._bring(remote, options, leftovers, brought)
        except BaseException:
            # What was done before is told too; why it ended matters more than a
            # report that cannot be written.
            with suppress(DomainError):
                _report(_outcome(remote.url, brought, leftovers, options), options)
            raise
        outcome = _outcome(remote.url, brought, leftovers, options)
        _report(outcome, options)
        return outcome

    def _bring(
        self,
        remote: Remote,
        options: dict[str, Any],
        leftovers: Leftovers,
        brought: list[Brought],
    ) -> None:
        """Add to `brought` what was brought, one organization after the other."""
        with counting_bar(quiet=options["json"]) as watch:
            bringing = Bringing(
                remote,
                self.by,
                _progress(options, remote.url),
                lambda name: _destination(name, options),
                options["dry_run"],
                watch,
                options["restore"],
            )
            named = _named(options["organization"] or [])
            names = named or bringing.names(leftovers)
            for one in bringing.bring(names, were_named=bool(named)):
                brought.append(one)


def _remote(options: dict[str, Any]) -> Remote:
    token = token_from(options["token_file"], options["token"])
    bearer = Secret(f"Bearer {token.reveal()}")
    return Remote(options["url"], authorization=bearer, ca_file=options["ca_file"])


def _destination(name: str, options: dict[str, Any]) -> Deliver | None:
    """A file of its own for each organization, as each is stored on its own."""
    file = options["tokens_file"]
    own = file if file is None else f"{file}.{name}"
    return new_tokens.destination({**options, "tokens_file": own})


def _progress(options: dict[str, Any], url: str) -> Progress:
    if options["state"] is None:
        return NoProgress()
    progress = ProgressFile.opened(options["state"], url)
    if not options["dry_run"]:
        progress.make_ready()
    return progress


def _named(names: Sequence[str]) -> list[str]:
    for name in names:
        check_namespace_name(name)
    return list(dict.fromkeys(names))


def _outcome(
    url: str,
    brought: Sequence[Brought],
    leftovers: Leftovers,
    options: dict[str, Any],
) -> Outcome:
    others, dry_run = leftovers.all(), options["dry_run"]
    left_out = [*others, *(left for one in brought for left in one.left_out)]
    lines = [line for one in brought if one.done for line in _lines(one, dry_run)]
    if left_out:
        lines += ["", "Left out:", *(f"  {left.words()}" for left in left_out)]
    return Outcome(
        "\n".join(lines or ["There is no organization to bring."]),
        {
            "url": url,
            "dry_run": dry_run,
            "organizations": [
                one.planned() if dry_run else one.facts() for one in brought
            ],
            "left_out": [left.facts() for left in others],
        },
        LEFT_OUT if left_out else 0,
    )


def _lines(one: Brought, dry_run: bool) -> Iterator[str]:
    if dry_run:
        yield from plan_lines(one.plan, 0, dry_run=True)
    verb = "would be" if dry_run else "were"
    yield (
        f"{one.name}: {one.added} things {verb} added, {one.changed} changed;"
        f" {one.kept_secrets} robots keep their token, {one.new_tokens} get a new one."
    )
    if one.people:
        yield f"  People of the same names here: {_some(one.people)}."


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def _report(outcome: Outcome, options: dict[str, Any]) -> None:
    """Write it, if it is asked for. Raises DomainError where that cannot be."""
    path = options["report"]
    if path is None:
        return
    text = json.dumps(outcome.facts, indent=2) + "\n"
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        kind = type(error).__name__
        raise DomainError(
            f"--report: {path} cannot be written ({kind}); all else is done"
        ) from None
