"""Serve the site to clients, as it ships."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quaysite.serving import options as environment
from quaysite.serving.server import BindInvalid, serve


class Command(BaseCommand):
    help = (
        "Serve Quaysite until SIGTERM or Ctrl-C. Refuses to start with settings that"
        " the system checks call errors. The access log goes to stdout, everything"
        " else to stderr. SIGHUP replaces the workers one by one."
        " Exit codes: 0 stopped by a signal, 1 not started, or workers keep on ending."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--bind",
            default=environment.BIND,
            help="HOST:PORT, or unix:PATH (default: %(default)s, or BIND)",
        )
        parser.add_argument(
            "--workers",
            type=_positive,
            default=environment.WORKERS,
            help="processes (default: %(default)s, or WORKERS)",
        )
        parser.add_argument(
            "--threads",
            type=_positive,
            default=environment.THREADS,
            help="requests that each process answers at a time"
            " (default: %(default)s, or THREADS)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            serve(options["bind"], options["workers"], options["threads"])
        except BindInvalid as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise CommandError(
                f"Cannot listen on {options['bind']}: {reason}"
            ) from None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text} is not a number of 1 or more")
    return int(text)
