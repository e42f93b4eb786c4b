"""Labels: what differs among runs, in the field's short words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from anpyc.spec import RunSpec, parse_spec
from anpyc.spec.strategy import AnpycStrategy
from anpyc_queue.finding import flattened, settings_of
from anpyc_server.records.labels import LONGEST, labels, settings_in_words


@dataclass(frozen=True)
class _Run:
    id: str
    name: str
    seed: int
    spec: dict[str, Any]
    spec_hash: str


def _runs(*changes: dict[str, Any]) -> list[_Run]:
    made = []
    for place, change in enumerate(changes):
        spec = parse_spec(change).model_dump(mode="json")
        settings = {field: value for field, value in flattened(spec) if field not in ("name", "seed")}
        made.append(_Run(f"{place:04}", spec["name"], spec["seed"], spec, str(hash(str(settings)))))
    return made


def _short(runs: Sequence[_Run]) -> list[str]:
    told = labels(runs)
    return [told[run.id].short for run in runs]


def _anpyc(**settings: Any) -> dict[str, Any]:
    return {"strategy": {"kind": "anpyc", **settings}}


def test_settings_that_differ_are_told_in_short_with_units_and_the_seed_last() -> None:
    runs = _runs(
        *(
            _anpyc(lam=lam, initial_prune_percent=pruned) | {"seed": seed}
            for lam, pruned, seed in product((10, 100), (70, 80), (0, 2))
        )
    )
    assert _short(runs)[0] == "λ 10 · pruned 70 % · seed 0"
    assert _short(runs)[-1] == "λ 100 · pruned 80 % · seed 2"


def test_methods_go_by_their_published_names_and_their_own_symbols() -> None:
    runs = _runs(
        {"strategy": {"kind": "si", "lam": 1}},
        {"strategy": {"kind": "si", "lam": 2}},
        {"strategy": {"kind": "online_ewc", "lam": 5}},
        {"strategy": {"kind": "finetune"}},
    )
    assert _short(runs) == ["SI · c 1", "SI · c 2", "Online EWC", "Fine-tuning"]


def test_a_published_variant_goes_by_its_name_where_it_stands_for_much() -> None:
    published = _anpyc(**AnpycStrategy.PUBLISHED)
    assert _short(_runs(_anpyc(), published)) == ["default", "as published"]
    assert _short(_runs(published, _anpyc(**AnpycStrategy.PUBLISHED | {"lam": 1.0}))) == ["λ 3", "λ 1"]
    of_both = _runs(_anpyc(), published, {"strategy": {"kind": "ewc"}})
    assert _short(of_both) == ["ANPyC · default", "ANPyC · as published", "EWC"]


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"training": {"epochs": 5}}, {"training": {"epochs": 30}}, ["5 epochs", "30 epochs"]),
        ({"training": {"lr": 0.1}}, {"training": {"lr": 0.05}}, ["lr 0.1", "lr 0.05"]),
        ({"training": {"iterations": 500}}, {}, ["500 iterations", "iterations per task unset"]),
        ({"training": {"optimizer": "adam"}}, {}, ["adam", "sgd"]),
        (
            {"training": {"schedule": {"kind": "staircase"}}},
            {},
            ["schedule staircase", "schedule constant"],
        ),
        ({"model": {"hidden": [400, 400]}}, {"model": {"hidden": [64]}}, ["hidden (400, 400)", "hidden 64"]),
        ({"model": {"kind": "mlp"}}, {"model": {"kind": "convnet"}}, ["MLP", "Convolutional network"]),
        ({"benchmark": {"tasks": 10}}, {}, ["10 tasks", "5 tasks"]),
        ({"dataset": {"kind": "mnist"}}, {}, ["MNIST", "Digits"]),
        (
            _anpyc(consolidation="explicit"),
            _anpyc(consolidation="closed_form"),
            ["explicit step", "closed form step"],
        ),
        (_anpyc(normalise=False), _anpyc(), ["even out the tasks off", "even out the tasks on"]),
        ({"device": "cpu"}, {"device": "cuda"}, ["device cpu", "device cuda"]),
    ],
)
def test_words_of_settings(one: dict[str, Any], other: dict[str, Any], words: list[str]) -> None:
    assert _short(_runs(one, other)) == words


def test_a_drawn_number_is_as_long_as_it_must_be_and_a_typed_one_stays_whole() -> None:
    drawn = [0.012345678901, 0.012345678999, 0.000123456, 100.25]
    assert _short(_runs(*(_anpyc(lam=value) for value in drawn))) == [
        "λ 0.0123456789", "λ 0.012345679", "λ 0.000123456", "λ 100.25",
    ]  # fmt: skip
    assert _short(_runs(*(_anpyc(lam=value) for value in (0.123456789, 2.0)))) == ["λ 0.1235", "λ 2"]


def test_where_nothing_differs_the_seed_then_the_name_then_a_number_tells_them_apart() -> None:
    assert _short(_runs({"seed": 1}, {"seed": 4})) == ["seed 1", "seed 4"]
    assert _short(_runs({"name": "first"}, {"name": "again"})) == ["first", "again"]
    assert _short(_runs({"name": "same"}, {"name": "same"})) == ["seed 0", "seed 0 · #2"]
    repeated = _runs(_anpyc(lam=1), _anpyc(lam=3), _anpyc(lam=3))
    assert _short(repeated) == ["λ 1", "λ 3", "λ 3 · #2"]
    # Whatever the order in which they are given: the oldest keeps its label.
    assert labels(reversed(repeated))["0001"].short == "λ 3"
    assert labels([]) == {}


def test_a_label_is_of_bounded_length_and_needless_parts_are_left_out() -> None:
    """Every setting follows from λ, so that λ alone tells them apart."""
    runs = _runs(
        *(
            _anpyc(lam=lam, prune_step=20 + lam, retrain_epochs=3 + lam, importance_batch=100 + lam)
            | {
                "training": {"epochs": 30 + lam, "lr": 0.1 + lam, "momentum": lam / 10},
                "benchmark": {"tasks": 5 + lam},
                "model": {"hidden": [64 + lam] * 8},
            }
            for lam in range(3)
        )
    )
    short = _short(runs)
    assert len(set(short)) == 3
    assert all(len(label) <= LONGEST for label in short)
    assert short[1].startswith("λ 1 · pruning step 21 % · retrained 4 epochs")


def test_full_settings_stand_by_part_with_titles_and_units() -> None:
    (run,) = _runs(_anpyc(**AnpycStrategy.PUBLISHED) | {"training": {"schedule": {"kind": "staircase"}}})
    lines = labels([run])[run.id].full.splitlines()
    assert lines[3].startswith("Strategy: ANPyC as published, λ 3, pruned at the first task 50 %, ")
    assert "schedule staircase, every 5 epochs" in lines[4]
    assert lines[-1] == "seed 0 · device auto"


def test_settings_as_they_are_kept_by_specification_are_told_alike() -> None:
    """Those leave out what is not set."""
    runs = _runs(_anpyc(importance_images=None), _anpyc(importance_images=50), {"strategy": {"kind": "ewc"}})
    kept = settings_in_words({run.id: settings_of(run.spec) for run in runs})
    assert list(kept.values()) == _short(runs)


def test_five_hundred_runs_take_a_moment() -> None:
    base = RunSpec().model_dump(mode="json")
    specs = [base | {"strategy": base["strategy"] | {"lam": lam + 0.5}} for lam in range(100)]
    runs = [_Run(f"{place:04}", "a", place % 5, specs[place // 5], f"{place // 5}") for place in range(500)]
    begun = time.process_time()
    told = labels(runs)
    assert time.process_time() - begun < 0.5
    assert len({label.short for label in told.values()}) == 500
