"""Nothing that is installed, or that the wheel lets others install, is too old."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from supply import CHECKOUT
from supply.minimums import MINIMUMS, below
from supply.pins import RUNTIME, read


def test_every_pin_is_new_enough() -> None:
    pins = read(RUNTIME)
    assert pins.keys() >= MINIMUMS.keys()
    assert below(pins) == []


@pytest.mark.parametrize("name", MINIMUMS)
def test_an_older_one_is_told(name: str) -> None:
    pins = read(RUNTIME)
    pins[name] = pins[name]._replace(version=f"{MINIMUMS[name].version}rc1")
    (told,) = below(pins)
    assert told.startswith(f"{name} ")
    assert MINIMUMS[name].advisory in told


def wanted_by_the_wheel() -> list[Requirement]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [
        Requirement(line) for line in sum(extras, start=list(project["dependencies"]))
    ]


def test_the_wheel_asks_for_what_is_tested_and_for_nothing_too_old() -> None:
    pins = read(CHECKOUT / "requirements-tracing.txt")
    for wanted in wanted_by_the_wheel():
        name = canonicalize_name(wanted.name)
        assert wanted.specifier.contains(pins[name].version), name
        (lowest,) = (one for one in wanted.specifier if one.operator == ">=")
        if name in MINIMUMS:
            assert Version(lowest.version) >= Version(MINIMUMS[name].version), name
