"""The site does what the model does, step by step, on either database.

`make fuzz` sets FUZZ_STEPS, the steps of a long run. Without it the run is short and
always the same.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.asking import Questions
from tests.model.machine import Machine

STEPS = int(os.environ.get("FUZZ_STEPS", "0"))
PER_MACHINE = 50
BRIEFLY = 5
"""Machines of a short run."""


@pytest.mark.django_db
def test_the_site_is_like_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    before = Machine.steps
    _run(BRIEFLY if not STEPS else STEPS // PER_MACHINE)
    while Machine.steps - before < STEPS:
        # A machine may have had fewer steps than it was given.
        _run(BRIEFLY)
    with capsys.disabled():
        print(f"\n{Machine.steps - before} steps of the model, no difference")


def _run(machines: int) -> None:
    run_state_machine_as_test(
        Questions,
        settings=settings(
            max_examples=machines,
            stateful_step_count=PER_MACHINE,
            derandomize=not STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
