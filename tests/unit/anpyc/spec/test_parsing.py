"""Parsing a specification: bounds, unknown fields, what only the parts together say, and the words for it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from anpyc.spec import DATASETS, RunSpec, SpecError, parse_spec


def problems(data: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(SpecError) as error:
        parse_spec(data)
    return {problem.field: problem.message for problem in error.value.problems}


def test_nothing_given_is_the_default_run() -> None:
    assert parse_spec({}) == RunSpec()


def test_a_part_without_its_kind_is_of_the_default_kind() -> None:
    assert parse_spec({"strategy": {"lam": 7}}) == parse_spec({"strategy": {"kind": "anpyc", "lam": 7}})
    assert parse_spec({"benchmark": {"tasks": 3}}).benchmark.kind == RunSpec().benchmark.kind


def test_what_is_given_is_not_changed() -> None:
    data = {"strategy": {"lam": 7}}
    parse_spec(data)
    assert data == {"strategy": {"lam": 7}}


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"lambda": 3}, "lambda", "no field called 'lambda'"),
        ({"strategy": {"kind": "anpyc", "lamda": 1}}, "strategy.lamda", "no field called 'lamda'"),
        ({"strategy": {"kind": "anpyc", "lam": -1}}, "strategy.lam", "greater than or equal to 0"),
        ({"strategy": {"kind": "magic"}}, "strategy.kind", "Choose one of"),
        ({"benchmark": {"kind": "permuted", "tasks": 0}}, "benchmark.tasks", "greater than or equal to 1"),
        ({"benchmark": {"kind": "permuted", "tasks": 2.5}}, "benchmark.tasks", "integer"),
        ({"model": {"kind": "mlp", "hidden": []}}, "model.hidden", "at least 1"),
        ({"model": {"kind": "mlp", "hidden": [0]}}, "model.hidden.0", "greater than or equal to 1"),
        ({"training": {"lr": float("nan")}}, "training.lr", "finite"),
        (
            {"training": {"schedule": {"kind": "staircase", "every": 0}}},
            "training.schedule.every",
            "greater than or equal to 1",
        ),
        ({"seed": -1}, "seed", "greater than or equal to 0"),
        ({"name": "x" * 201}, "name", "at most 200"),
        (
            {"benchmark": {"kind": "split", "classes_per_task": 11}},
            "benchmark.classes_per_task",
            "10 classes; give each task 10 or fewer",
        ),
        (
            {"benchmark": {"kind": "split", "tasks": 6, "classes_per_task": 2}},
            "benchmark.tasks",
            "enough for 5 tasks",
        ),
        ({"dataset": {"kind": "digits", "validation": 1_437}}, "dataset.validation", "1,437 training images"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(data: dict[str, Any], field: str, message: str) -> None:
    assert message in problems(data)[field]


def test_every_problem_is_said_at_once() -> None:
    assert set(problems({"strategy": {"lam": -1}, "training": {"epochs": 0}, "more": 1})) == {
        "strategy.lam",
        "training.epochs",
        "more",
    }


def test_a_specification_cannot_be_changed() -> None:
    spec = RunSpec()
    with pytest.raises(ValidationError, match="frozen"):
        spec.seed = 3  # type: ignore[misc]


def test_every_field_of_the_schema_has_a_title_and_a_help_text() -> None:
    definitions = RunSpec.model_json_schema()["$defs"]
    for name, part in definitions.items():
        for field, schema in part.get("properties", {}).items():
            if field != "kind":
                assert schema.get("title"), f"{name}.{field} has no title"
                assert schema.get("description"), f"{name}.{field} has no help text"


def test_every_data_set_of_the_schema_is_in_the_catalogue() -> None:
    kinds = RunSpec.model_json_schema()["properties"]["dataset"]["discriminator"]["mapping"]
    assert set(kinds) == set(DATASETS)


def test_a_specification_survives_the_way_through_json() -> None:
    spec = parse_spec({"benchmark": {"kind": "split", "tasks": 2}, "seed": 9})
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_name_is_one_line_without_blanks_around_it() -> None:
    assert parse_spec({"name": "  two words "}).name == "two words"
    assert parse_spec({"name": "   "}).title() == RunSpec().title()
    assert "control characters" in problems({"name": "a\x00b"})["name"]
    assert "control characters" in problems({"name": "two\nlines"})["name"]


@pytest.mark.parametrize(
    ("benchmark", "more"),
    [
        ({"kind": "permuted"}, ()),
        ({"kind": "permuted", "seed": None}, ("permutations",)),
        ({"kind": "split", "shuffle_classes": True}, ("class order",)),
        ({"kind": "split", "shuffle_classes": True, "seed": 0}, ()),
        ({"kind": "split"}, ()),
        ({"kind": "rotated"}, ()),
    ],
)
def test_a_spread_over_seeds_says_what_it_contains(
    benchmark: dict[str, object], more: tuple[str, ...]
) -> None:
    spec = parse_spec({"benchmark": benchmark, "strategy": {"kind": "ewc"}})
    assert spec.spread_over_seeds() == ("initial weights", "order of images", *more)


def test_a_network_that_normalises_over_the_batch_needs_more_than_one_image() -> None:
    assert (
        "2 or more"
        in problems({"model": {"kind": "resnet18"}, "training": {"batch_size": 1}})["training.batch_size"]
    )
    assert parse_spec({"model": {"kind": "mlp"}, "training": {"batch_size": 1}}).training.batch_size == 1
