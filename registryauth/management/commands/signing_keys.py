"""List, add, activate, retire and rotate the keys that sign registry tokens."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registryauth import conf, signing
from registryauth.key_rotation import Deed, KeyState, KnownKey, Step, steps
from registryauth.keys import ALGORITHMS, KeyStoreError, SigningKey
from registryauth.signer import key_store, rotate_due

_TOLD = {
    Deed.ADD: "added; run registry_config and restart the registries",
    Deed.ACTIVATE: "signs from now on",
    Deed.RETIRE: "deleted; registries may go on with the files they have",
}


class Command(BaseCommand):
    help = (
        "Manage the keys that sign registry tokens. To change keys without refusing"
        " a single pull: `signing_keys add`; `registry_config` and restart the"
        " registries, which then accept both keys; `signing_keys activate ID`, which"
        " every server follows within a second; two hours later, when the last old"
        " token has ended, `signing_keys retire OLD-ID`. `signing_keys rotate` does all"
        " but the restart of registries by itself when it is due: let a timer run it"
        " once an hour, and set REGISTRY_SIGNING_KEY_DAYS."
        " Exit codes: 0 done, 1 refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        listing = deeds.add_parser(
            "list", help="show every key, oldest first, and what is due"
        )
        listing.add_argument("--json", action="store_true", help="machine-readable")
        add = deeds.add_parser("add", help="make a key; published, not yet signing")
        add.add_argument(
            "--algorithm", choices=ALGORITHMS, default=conf.signing_algorithm()
        )
        activate = deeds.add_parser("activate", help="let a key sign from now on")
        activate.add_argument("id", metavar="ID")
        retire = deeds.add_parser("retire", help="delete a key that no longer signs")
        retire.add_argument("id", metavar="ID")
        retire.add_argument(
            "--now",
            action="store_true",
            help="though tokens of it may live: for a key that somebody else has",
        )
        rotate = deeds.add_parser("rotate", help="do what is due, if anything is")
        rotate.add_argument(
            "--dry-run", action="store_true", help="only say what is due"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            signing.active_key()
            getattr(self, f"_{options['deed']}")(options)
        except KeyStoreError as error:
            raise CommandError(str(error)) from None

    def _list(self, options: dict[str, Any]) -> None:
        known = key_store().known()
        keys = {key.id: key for key in key_store().all()}
        ahead = steps(known, conf.signing_key_schedule())
        rows = [_described(one, keys[one.id], ahead) for one in known]
        if options["json"]:
            self.stdout.write(json.dumps({"keys": rows}, indent=2))
            return
        for row in rows:
            since = row["since"][:16].replace("T", " ")
            facts = (row["id"], row["algorithm"], f"{row['state']} since {since}Z")
            self.stdout.write("  ".join([*facts, row["kid"]]))
        for step in ahead:
            self.stderr.write(_foretold(step, timezone.now()))

    def _add(self, options: dict[str, Any]) -> None:
        key = key_store().add(options["algorithm"])
        self.stdout.write(key.id)
        self.stderr.write(
            "Run registry_config and restart the registries before you activate it."
        )

    def _activate(self, options: dict[str, Any]) -> None:
        key_store().activate(options["id"])
        self.stderr.write("It signs from now on: every server knows within a second.")

    def _retire(self, options: dict[str, Any]) -> None:
        if not options["now"]:
            self._check_rest(options["id"])
        key_store().retire(options["id"])
        self.stderr.write(
            "Registries take its tokens until they have the files of registry_config"
            " and were restarted."
        )

    def _check_rest(self, key_id: str) -> None:
        """Refuse to take a key from under tokens that live."""
        kept = conf.signing_key_schedule().keep
        for key in key_store().known():
            until = key.since + kept
            is_retiring = key.id == key_id and key.state is KeyState.RETIRING
            if is_retiring and timezone.now() < until:
                raise CommandError(
                    f"{key_id} signed until {_shown(key.since)}: tokens of it may live"
                    f" until {_shown(until)}. With --now they are refused at once."
                )

    def _rotate(self, options: dict[str, Any]) -> None:
        for step in rotate_due(timezone.now(), dry_run=options["dry_run"]):
            self.stdout.write(to_do(step) if options["dry_run"] else done(step))


def to_do(step: Step) -> str:
    """What `rotate` would do, and to which key."""
    return f"{step.deed} {step.key_id or 'a new key'}"


def done(step: Step) -> str:
    """What `rotate` did, and what that means."""
    return f"{step.key_id} {_TOLD[step.deed]}"


def _described(
    known: KnownKey, key: SigningKey, ahead: Sequence[Step]
) -> dict[str, Any]:
    following = next((step for step in ahead if step.key_id == key.id), None)
    return {
        "id": key.id,
        "algorithm": key.algorithm,
        "kid": key.kid,
        "active": known.state is KeyState.ACTIVE,
        "state": str(known.state),
        "since": known.since.isoformat(),
        "due": following.due.isoformat() if following else None,
    }


def _foretold(step: Step, now: datetime) -> str:
    when = "is due" if step.due <= now else f"will be due at {_shown(step.due)}"
    return f"{to_do(step)}: {when}"


def _shown(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}Z"
