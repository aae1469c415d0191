"""Write the key files of a registry and print its configuration."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registryauth import conf, signing
from registryauth.key_rotation import Deed, KnownKey, steps
from registryauth.keys import KeyStoreError
from registryauth.registry_configuration import (
    BUNDLE,
    JWKS,
    Notifications,
    RegistryConfiguration,
)
from registryauth.signer import key_store


class Command(BaseCommand):
    help = (
        "Write bundle.pem and jwks.json, and print a complete configuration of a"
        " Distribution registry (2.8 or 3.x) that trusts this site's tokens."
        " Run it again after each change of the signing keys, and restart the"
        " registry: it reads both files at start only."
        " With REGISTRY_NOTIFICATION_TOKENS set the registry also tells this site of"
        " pushes and pulls; what is printed then holds the first of those tokens, so"
        " write it to a file that nobody else reads."
        " Example: manage.py registry_config --directory /etc/quaysite-registry"
        " > /etc/docker/registry/config.yml"
        " Exit codes: 0 written, 1 a file could not be written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--directory",
            type=Path,
            help="where bundle.pem and jwks.json go (default: beside the keys)",
        )
        parser.add_argument(
            "--addr",
            default="127.0.0.1:5000",
            help="address the registry listens on (default: %(default)s)",
        )
        parser.add_argument(
            "--storage",
            type=Path,
            default=Path("/var/lib/registry"),
            help="where the registry keeps images (default: %(default)s)",
        )
        parser.add_argument(
            "--service",
            help="name of this registry, one of REGISTRY_SERVICES (default: the first)",
        )
        parser.add_argument(
            "--realm", help="URL of the token endpoint, as clients reach it"
        )
        parser.add_argument(
            "--notifications-url",
            metavar="URL",
            help="where the registry sends notifications, if it reaches this site at"
            " another address than clients do",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        service = options["service"] or conf.services()[0]
        if service not in conf.services():
            raise CommandError(
                f"--service {service} is not in REGISTRY_SERVICES"
                f" ({', '.join(conf.services())})"
            )
        directory = options["directory"] or conf.signing_keys_dir().parent / "registry"
        configuration = RegistryConfiguration(
            address=options["addr"],
            storage=options["storage"],
            realm=options["realm"] or conf.realm(),
            service=service,
            issuer=conf.issuer(),
            folder=directory.resolve(),
            notifications=_notifications(options["notifications_url"]),
        )
        self._write_keys(configuration.folder)
        self.stdout.write(configuration.as_yaml(), ending="")

    def _write_keys(self, folder: Path) -> None:
        try:
            signing.active_key()
            folder.mkdir(parents=True, exist_ok=True)
            changed = [
                _replaced(folder / BUNDLE, signing.certificate_bundle()),
                _replaced(folder / JWKS, json.dumps(signing.jwks(), indent=2) + "\n"),
            ]
            known = key_store().known()
        except (OSError, KeyStoreError) as error:
            raise CommandError(f"cannot write to {folder}: {error}") from None
        self.stderr.write(f"wrote {folder / BUNDLE} and {folder / JWKS}")
        self.stderr.write(_what_registries_need(any(changed), known))


def _replaced(path: Path, text: str) -> bool:
    """Write the file; whether it says something else than before."""
    before = path.read_text(encoding="ascii") if path.exists() else None
    path.write_text(text, encoding="ascii")
    return text != before


def _what_registries_need(changed: bool, known: Sequence[KnownKey]) -> str:
    """Whether a registry that has these files has to be restarted, and until when."""
    if not changed:
        return "nothing changed: a registry that has these files needs no restart"
    for step in steps(known, conf.signing_key_schedule()):
        if step.deed is Deed.ACTIVATE:
            return (
                f"restart the registry before {step.due:%Y-%m-%d %H:%M}Z,"
                f" when {step.key_id} begins to sign"
            )
    return "restart the registry: it reads them at start only"


def _notifications(url: str | None) -> Notifications | None:
    """Raises CommandError for an address where notifications are not taken."""
    tokens = conf.notification_tokens()
    if tokens:
        return Notifications(url or conf.notifications_url(), tokens[0])
    if url is not None:
        raise CommandError(
            "--notifications-url: REGISTRY_NOTIFICATION_TOKENS is not set"
        )
    return None
