"""Log exports: a file of JSON lines for each, kept for the site's operators."""

import json
import os
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import transaction

from robots import audit, conf
from robots.audit import Performer
from robots.models import Namespace, Repository

_MODE = 0o600


class ExportFailed(Exception):
    """The file could not be written."""


def export_logs(
    lines: Iterable[Mapping[str, Any]],
    by: Performer,
    namespace: Namespace,
    repository: Repository | None = None,
    /,
    **span: str | None,
) -> uuid.UUID:
    """Write `lines` to a new file below LOG_EXPORT_DIR, whose name is the answer.

    `span` are facts for the audit. The file is there whole or not at all. Raises
    ExportFailed, which is audited too.
    """
    export_id = uuid.uuid4()
    facts = {"export_id": str(export_id), **span}
    path = conf.log_export_dir() / f"{export_id}.jsonl"
    partial = path.with_suffix(".partial")
    try:
        count = _write(partial, lines)
        with transaction.atomic():
            audit.record(
                "export_logs_success", by, namespace, repository, **facts, count=count
            )
            partial.rename(path)
    except OSError as error:
        facts["reason"] = type(error).__name__
        audit.record("export_logs_failure", by, namespace, repository, **facts)
        raise ExportFailed from None
    finally:
        with suppress(OSError):
            partial.unlink()
    return export_id


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> int:
    """Write a new file and return the number of lines; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    with open(descriptor, "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
            count += 1
    return count
