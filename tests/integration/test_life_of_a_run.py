"""2,000 steps through the life of runs, on both databases."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from life_of_a_run import LifeOfARun
from processes import Deployment

EXAMPLES, STEPS = 20, 100


def test_no_illegal_transition_in_two_thousand_steps(deployment: Deployment) -> None:
    class Machine(LifeOfARun):
        database = deployment.database

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
