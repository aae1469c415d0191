"""Give many robots new tokens, and bring those to where they are used."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from robots.credentials import Deliver, NewTokens
from robots.errors import DomainError
from robots.lifecycle.robot_choice import RobotChoice
from robots.lifecycle.rotation import Rotation, rotate_tokens
from robots.lifecycle.tokens import MAX_GRACE
from robots.lookup import namespace_named
from robots.management import new_tokens
from robots.management.command import DONE, PENDING, Deed, Outcome
from robots.management.secret_files import FORMATS, SecretFiles

MAX_DAYS = 3650


class Command(Deed):
    help = """\
Give each robot whose newest static token is older than --older-than a new one. The
old ones work for --grace seconds more, so that clients can be told meanwhile; federated
tokens end at once. All robots get theirs, or none.

New tokens are handed on before anything is stored, so that none is lost: to files
(--secrets-dir), to one file, or to a command. They are never printed. Robots that are
disabled or expired, or have no static token, keep what they have."""
    examples = (
        "manage.py rotate_tokens --all --older-than 90 --grace 86400"
        " --secrets-dir /run/new --format kubernetes",
        "manage.py rotate_tokens --namespace acme --grace 3600 --secrets-dir /run/new",
        "manage.py rotate_tokens --robot 'acme+ci-*' --grace 0 --tokens-file new.json",
        "manage.py rotate_tokens --all --older-than 90 --grace 86400 --dry-run",
    )
    exit_codes = Deed.exit_codes | {
        PENDING: "a dry run in which at least one robot would get a new token"
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        _add_choice(parser)
        parser.add_argument(
            "--older-than",
            metavar="DAYS",
            type=int,
            help="Only robots whose newest static token was made more than DAYS days"
            " ago. Default: whatever its age.",
        )
        parser.add_argument(
            "--grace",
            metavar="SECONDS",
            type=int,
            required=True,
            help=f"How long old tokens go on working, 0 to {MAX_GRACE}. With 0 clients"
            " fail until they have the new one.",
        )
        parser.add_argument(
            "--lifetime",
            metavar="DAYS",
            type=int,
            help="End the new tokens after DAYS days. Default: never.",
        )
        parser.add_argument(
            "--secrets-dir",
            metavar="DIR",
            help="Write a file for each robot to DIR, called after it, readable by its"
            " owner only (mode 0600). None of them may exist.",
        )
        parser.add_argument(
            "--format",
            choices=FORMATS,
            default="token",
            help="What is in those files: the bare token (NAME.token), a Kubernetes"
            " pull secret (NAME.yaml) or a Docker config.json (NAME.json)."
            " Default: token.",
        )
        new_tokens.add_arguments(parser)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Only tell which robots would get a new token.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        dry_run = options["dry_run"]
        rotation = rotate_tokens(
            _choice(options),
            self.by,
            _deliver(options),
            grace=options["grace"],
            older_than=_days("--older-than", options["older_than"]),
            lifetime=_days("--lifetime", options["lifetime"]),
            dry_run=dry_run,
        )
        pending = dry_run and rotation.tokens
        return Outcome(
            _told(rotation, options),
            _facts(rotation, options),
            PENDING if pending else DONE,
        )


def _add_choice(parser: CommandParser) -> None:
    parser.add_argument(
        "--namespace", metavar="NAMESPACE", help="Robots of this namespace."
    )
    parser.add_argument(
        "--robot",
        metavar="GLOB",
        nargs="+",
        action="extend",
        default=[],
        help="Robots by full name; * stands for any characters, ? for one.",
    )
    parser.add_argument(
        "--all", action="store_true", help="Every robot of every namespace."
    )


def _choice(options: Mapping[str, Any]) -> RobotChoice:
    """Raises DomainError unless it is said which robots are meant."""
    narrowed = options["namespace"] is not None or options["robot"]
    if bool(narrowed) == options["all"]:
        raise DomainError(
            "Say which robots: --namespace, --robot or both; or --all for every robot"
        )
    name = options["namespace"]
    namespace = None if name is None else namespace_named(name)
    return RobotChoice(namespace, options["robot"])


def _days(option: str, days: int | None) -> timedelta | None:
    if days is None:
        return None
    if not 1 <= days <= MAX_DAYS:
        raise DomainError(f"{option}: 1 to {MAX_DAYS} days")
    return timedelta(days=days)


def _deliver(options: Mapping[str, Any]) -> Deliver:
    """Where new tokens go; a dry run only asks whether they could."""
    folder = options["secrets_dir"]
    elsewhere = new_tokens.destination(options)
    if folder is not None and elsewhere is not None:
        raise DomainError(f"Use one of --secrets-dir and {new_tokens.OPTIONS}")
    if folder is not None:
        files = SecretFiles(Path(folder), options["format"])
        if options["dry_run"]:
            return lambda tokens: files.check(_names(tokens))
        files.check(())
        return files.deliver
    if options["dry_run"]:
        return lambda tokens: None
    if elsewhere is None:
        raise DomainError(
            f"Say where new tokens go: --secrets-dir, {new_tokens.OPTIONS}"
        )
    return elsewhere


def _names(tokens: NewTokens) -> list[str]:
    return [robot for robot, _ in tokens]


def _told(rotation: Rotation, options: Mapping[str, Any]) -> str:
    names = _names(rotation.tokens)
    verb = "Would rotate" if options["dry_run"] else "Rotated"
    count = f"{len(names)} robot{'' if len(names) == 1 else 's'}"
    lines = [f"{verb} the tokens of {count}{_end_in_words(rotation, options)}."]
    lines += [f"  {name}" for name in names]
    if rotation.left:
        left = (
            f"{number} {reason}" for reason, number in sorted(rotation.left.items())
        )
        lines.append(f"Left as they are: {', '.join(left)}.")
    return "\n".join(lines)


def _end_in_words(rotation: Rotation, options: Mapping[str, Any]) -> str:
    if not rotation.tokens or options["dry_run"]:
        return ""
    if not options["grace"]:
        return "; the old ones are dead"
    return f"; the old ones work until {rotation.end.isoformat(timespec='seconds')}"


def _facts(rotation: Rotation, options: Mapping[str, Any]) -> dict[str, Any]:
    names = _names(rotation.tokens)
    folder, dry_run = options["secrets_dir"], options["dry_run"]
    files = []
    if folder is not None and not dry_run:
        files = [
            str(p) for p in SecretFiles(Path(folder), options["format"]).paths(names)
        ]
    return {
        "rotated": names,
        "left": {reason.name.lower(): count for reason, count in rotation.left.items()},
        "grace": options["grace"],
        "old_tokens_end": rotation.end.isoformat() if names and not dry_run else None,
        "files": files,
        "dry_run": dry_run,
    }
