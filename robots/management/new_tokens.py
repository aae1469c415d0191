"""Where the tokens of new robots go: a file or a command, never what is printed."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from robots.credentials import Deliver, NewTokens
from robots.errors import DomainError
from robots.management.secret_files import new_file

OPTIONS = "--tokens-file or --tokens-command"

PATIENCE = 300
"""Seconds that a command may take: until it ends, nothing is stored."""


def add_arguments(parser: CommandParser) -> None:
    """The two options of which a command takes one at most."""
    options = parser.add_mutually_exclusive_group()
    options.add_argument(
        "--tokens-file",
        metavar="FILE",
        help="Write new tokens to FILE as JSON, the full name of each robot before its"
        " token. FILE must not exist; only its owner can read it (mode 0600).",
    )
    options.add_argument(
        "--tokens-command",
        metavar="COMMAND",
        help="Have a shell run COMMAND, with that JSON on its stdin. What it prints is"
        f" not shown. If it fails, or takes more than {PATIENCE} seconds, it is ended"
        " and nothing is stored: it must keep all tokens, or none.",
    )


def destination(options: Mapping[str, Any]) -> Deliver | None:
    """What takes the tokens, or None where nothing was said.

    Call what it answers before the commit: it raises DomainError where the tokens
    could not be handed on. Raises DomainError at once for a file that exists.
    """
    if (name := options.get("tokens_file")) is not None:
        path = Path(name)
        if os.path.lexists(path):
            raise DomainError(f"--tokens-file: {path} exists already")
        return lambda tokens: _write(path, tokens)
    if (command := options.get("tokens_command")) is not None:
        if not command.strip():
            raise DomainError("--tokens-command: name a command")
        return lambda tokens: _run(command, tokens)
    return None


def _json(tokens: NewTokens) -> str:
    revealed = {name: secret.reveal() for name, secret in tokens}
    return json.dumps(revealed, indent=2, sort_keys=True) + "\n"


def _write(path: Path, tokens: NewTokens) -> None:
    try:
        with new_file(path) as file:
            file.write(_json(tokens))
    except FileExistsError:
        raise DomainError(f"--tokens-file: {path} exists already") from None
    except OSError as error:
        raise DomainError(f"--tokens-file: {path}: {error.strerror}") from None


def _run(command: str, tokens: NewTokens) -> None:
    """Run what the operator wrote, as the operator's shell would."""
    try:
        code = _exit_code(command, _json(tokens).encode())
    except subprocess.TimeoutExpired:
        # Not chained: the exception before holds what was sent.
        raise DomainError(
            f"--tokens-command: not done after {PATIENCE} seconds; nothing was stored"
        ) from None
    except OSError as error:
        raise DomainError(f"--tokens-command: {error.strerror}") from None
    if code:
        raise DomainError(
            f"--tokens-command: ended with exit code {code}; nothing was stored"
        )


def _exit_code(command: str, sent: bytes) -> int:
    """Whatever ends this early, Ctrl-C too, ends all that the command has started."""
    with subprocess.Popen(  # noqa: S602 - the command line's own words
        command,
        shell=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as started:
        try:
            started.communicate(sent, timeout=PATIENCE)
        except BaseException:
            _end(started)
            raise
    return started.returncode


def _end(started: subprocess.Popen[bytes]) -> None:
    """Its session's first group, so that no part of a pipeline goes on delivering."""
    if started.returncode is None:
        os.killpg(started.pid, signal.SIGKILL)
