"""What every command of this app has in common: how it answers, and how it fails."""

import json
import os
import signal
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)
from django.db import Error as DatabaseFailure

from robots.audit import Performer
from robots.errors import DomainError
from robots.text import is_storable

DONE = 0
DATABASE_FAILED = 1
REFUSED = 2
PENDING = 3
"""Of a dry run: there is something to do."""

BROKEN_PIPE = 128 + signal.SIGPIPE
"""Whoever reads what is printed has gone, as `head` does. Shells say it this way."""

_UNSTORABLE = "NUL characters and invalid Unicode are not allowed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deed did: `text` for people, `facts` for --json, and the exit code."""

    text: str
    facts: dict[str, Any]
    exit_code: int = DONE


class HelpFormatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's order of options, with line breaks of our texts kept."""


class Deed(BaseCommand):
    """A command that does one thing and tells its outcome as text or as JSON.

    A subclass gives `help`, `examples` and `perform`. Any DomainError that
    `perform` raises is told in one sentence, with exit code 2.
    """

    examples: ClassVar[tuple[str, ...]]
    exit_codes: ClassVar[dict[int, str]] = {
        DONE: "done",
        DATABASE_FAILED: "the database failed, or the settings are wrong",
        REFUSED: "refused, or an argument is wrong; nothing was changed",
    }

    _at_shell = False

    def run_from_argv(self, argv: list[str]) -> None:
        self._at_shell = True
        try:
            try:
                super().run_from_argv(argv)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            # What is left in the buffer must not fail again when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(BROKEN_PIPE)

    def create_parser(
        self, prog_name: str, subcommand: str, **kwargs: Any
    ) -> CommandParser:
        kwargs.setdefault("formatter_class", HelpFormatter)
        kwargs.setdefault("epilog", self._epilog())
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json",
            action="store_true",
            help="Print one JSON object on stdout; an error is one on stderr.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        """Do it. Raises DomainError if it cannot be done."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _check_text(options)
            outcome = self.perform(options)
        except DomainError as error:
            self._fail(error, error.message, REFUSED, options)
        except DatabaseFailure as error:
            first_line = str(error).strip().partition("\n")[0]
            message = f"The database failed: {first_line}"
            self._fail(error, message, DATABASE_FAILED, options)
        self.stdout.write(
            json.dumps(outcome.facts) if options["json"] else outcome.text
        )
        if outcome.exit_code != DONE:
            sys.exit(outcome.exit_code)

    @property
    def by(self) -> Performer:
        """Whom the audit names: this command, by the name it is called with."""
        return Performer.command(type(self).__module__.rpartition(".")[2])

    def _fail(
        self, cause: Exception, message: str, code: int, options: dict[str, Any]
    ) -> NoReturn:
        # Django puts "CommandError: " before the message, which is no JSON.
        if options["json"] and self._at_shell and not options["traceback"]:
            self.stderr.write(json.dumps({"error": message}), str)
            sys.exit(code)
        raise CommandError(message, returncode=code) from cause

    def _epilog(self) -> str:
        return "\n".join(
            [
                "examples:",
                *(f"  {example}" for example in self.examples),
                "",
                "exit codes:",
                *(f"  {code}  {meaning}" for code, meaning in self.exit_codes.items()),
            ]
        )


def _check_text(options: dict[str, Any]) -> None:
    """Refuse what no database can store, and what no output can show.

    Bytes of the command line that are not UTF-8 arrive as lone surrogates.
    """
    for option, value in options.items():
        if any(not is_storable(text) for text in _texts(value)):
            raise DomainError(f"{option}: {_UNSTORABLE}")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, str))
