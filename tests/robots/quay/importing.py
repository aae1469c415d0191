"""Running import_quay, and what one looks at afterwards."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any, NamedTuple

from django.core.management import CommandError, call_command
from django.db import transaction

from robots.accessfile.documents import NamespaceDocument
from robots.accessfile.stored import namespace_document
from robots.lookup import namespace_named
from tests.robots.quay.server import Quay


class Ran(NamedTuple):
    """What a run answered."""

    code: int
    facts: dict[str, Any]

    @property
    def left_out(self) -> list[str]:
        """Everything that was left out, each as `noun name: reason`."""
        of_each = [one["left_out"] for one in self.facts["organizations"]]
        found = sum(of_each, self.facts["left_out"])
        return [f"{one['noun']} {one['name']}: {one['reason']}" for one in found]

    def counts(self) -> tuple[int, int, int, int]:
        """Things added and changed, tokens kept and new, of the one organization."""
        (one,) = self.facts["organizations"]
        return one["added"], one["changed"], one["kept_secrets"], one["new_tokens"]


Import = Callable[..., Ran]


def run_import(quay: Quay, *arguments: str) -> Ran:
    """Run it with --json. Raises CommandError for a refusal."""
    out, code = StringIO(), 0
    try:
        call_command("import_quay", "--url", quay.url, "--json", *arguments, stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return Ran(code, json.loads(out.getvalue()))


def refusal(quay: Quay, *arguments: str) -> str:
    """What the run is refused with, which is exit code 2."""
    try:
        run_import(quay, *arguments)
    except CommandError as error:
        assert error.returncode == 2
        return str(error)
    raise AssertionError("it was not refused")


@contextmanager
def forgotten() -> Iterator[None]:
    """All that is stored inside is gone afterwards, from the audit too."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def stored(name: str = "acme") -> NamespaceDocument:
    return namespace_document(namespace_named(name))
