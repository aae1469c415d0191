"""The files of `deploy`, and which settings they name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.processes import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"

_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})")
_ASSIGNMENT = re.compile(r"^([A-Z_]+)=(.*)$", re.MULTILINE)


def assignments(path: Path) -> dict[str, str]:
    """What a file of NAME=VALUE lines sets."""
    return dict(_ASSIGNMENT.findall(path.read_text()))


def interpolated(text: str, environment: dict[str, str]) -> str:
    """Compose's `${NAME}`, `${NAME:-default}` and `${NAME:?}`, with these variables.

    Raises KeyError for one that is asked for and not set.
    """

    def value(match: re.Match[str]) -> str:
        name, kind, default = match.groups()
        if name is None:
            return "$$"
        if kind == "-":
            return environment.get(name) or default
        return environment[name]

    return _REFERENCE.sub(value, text)


def compose() -> Any:
    """compose.yml as its example of an .env file completes it, merges done."""
    folder = DEPLOY / "compose"
    text = (folder / "compose.yml").read_text()
    return yaml.safe_load(interpolated(text, assignments(folder / ".env.example")))


def manifests() -> Iterator[Any]:
    """Every object of `deploy/kubernetes`, the example of a Secret included."""
    for path in sorted(KUBERNETES.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


def pods() -> Iterator[Any]:
    """The pod specifications of all workloads."""
    for manifest in manifests():
        spec = manifest.get("spec", {})
        if manifest["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            yield spec["template"]["spec"]
