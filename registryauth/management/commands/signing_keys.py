"""List, add, activate and retire the keys that sign registry tokens."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registryauth import conf, signing
from registryauth.keys import ALGORITHMS, KeyStoreError, SigningKey


class Command(BaseCommand):
    help = (
        "Manage the keys that sign registry tokens. To change keys without refusing"
        " a single pull: `signing_keys add`; `registry_config` and restart the"
        " registries, which then accept both keys; `signing_keys activate ID` and"
        " restart Quaysite; an hour later, when the last old token has ended,"
        " `signing_keys retire OLD-ID`, `registry_config`, restart the registries."
        " Exit codes: 0 done, 1 refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
        listing = deeds.add_parser("list", help="show every key, oldest first")
        listing.add_argument("--json", action="store_true", help="machine-readable")
        add = deeds.add_parser("add", help="make a key; published, not yet signing")
        add.add_argument(
            "--algorithm", choices=ALGORITHMS, default=conf.signing_algorithm()
        )
        activate = deeds.add_parser("activate", help="let a key sign from next start")
        activate.add_argument("id", metavar="ID")
        retire = deeds.add_parser("retire", help="delete a key that no longer signs")
        retire.add_argument("id", metavar="ID")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['deed']}")(options)
        except KeyStoreError as error:
            raise CommandError(str(error)) from None

    def _list(self, options: dict[str, Any]) -> None:
        active = signing.active_key()
        rows = [_described(key, active) for key in signing.key_store().all()]
        if options["json"]:
            self.stdout.write(json.dumps({"keys": rows}, indent=2))
            return
        for row in rows:
            mark = "signs" if row["active"] else "published"
            self.stdout.write(f"{row['id']}  {row['algorithm']}  {mark}  {row['kid']}")

    def _add(self, options: dict[str, Any]) -> None:
        signing.active_key()
        key = signing.key_store().add(options["algorithm"])
        self.stdout.write(key.id)
        self.stderr.write(
            "Run registry_config and restart the registries before you activate it."
        )

    def _activate(self, options: dict[str, Any]) -> None:
        signing.key_store().activate(options["id"])
        self.stderr.write("It signs as soon as Quaysite has been restarted.")

    def _retire(self, options: dict[str, Any]) -> None:
        signing.key_store().retire(options["id"])
        self.stderr.write("Run registry_config and restart the registries.")


def _described(key: SigningKey, active: SigningKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "algorithm": key.algorithm,
        "kid": key.kid,
        "active": key.id == active.id,
    }
