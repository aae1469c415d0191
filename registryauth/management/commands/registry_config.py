"""Write the key files of a registry and print its configuration."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registryauth import conf, signing
from registryauth.keys import KeyStoreError
from registryauth.registry_configuration import BUNDLE, JWKS, RegistryConfiguration


class Command(BaseCommand):
    help = (
        "Write bundle.pem and jwks.json, and print a complete configuration of a"
        " Distribution registry (2.8 or 3.x) that trusts this site's tokens."
        " Run it again after each change of the signing keys, and restart the"
        " registry: it reads both files at start only."
        " Example: manage.py registry_config --directory /etc/quaysite"
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
        )
        self._write_keys(configuration.folder)
        self.stdout.write(configuration.as_yaml(), ending="")

    def _write_keys(self, folder: Path) -> None:
        try:
            signing.active_key()
            folder.mkdir(parents=True, exist_ok=True)
            (folder / BUNDLE).write_text(signing.certificate_bundle(), encoding="ascii")
            (folder / JWKS).write_text(
                json.dumps(signing.jwks(), indent=2) + "\n", encoding="ascii"
            )
        except (OSError, KeyStoreError) as error:
            raise CommandError(f"cannot write to {folder}: {error}") from None
        self.stderr.write(f"wrote {folder / BUNDLE} and {folder / JWKS}")
