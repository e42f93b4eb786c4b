"""Kinds added from outside are in the schema, the preview and a real run, and no other file knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpyc.preview import preview
from anpyc.spec import BENCHMARKS, RunSpec, SpecError, UnknownKind, parse_spec, register
from anpyc.spec.benchmark import PermutedBenchmark
from anpyc.spec.part import SpecPart
from anpyc.training import train
from unit.anpyc.recorders import Memory
from unit.anpyc.toy_kinds import TOY, toy_kinds


def test_the_pages_kinds_are_in_schema_preview_and_run(tmp_path: Path) -> None:
    with toy_kinds(tmp_path) as kinds:
        assert set(kinds) == {"inverted", "stripes", "tanh", "leash"}
        schema = RunSpec.model_json_schema()
        titles = {schema["$defs"][kind.__name__]["title"] for kind in kinds.values()}
        assert titles == {"Inverted", "Stripes", "Tanh layer", "Leash"}
        for part in ("benchmark", "dataset", "model", "strategy"):
            assert TOY[part]["kind"] in schema["properties"][part]["discriminator"]["mapping"]
        assert schema["$defs"]["TanhModel"]["properties"]["units"]["description"] == "Of the layer."
        spec, recorder = parse_spec(TOY), Memory()
        promised = preview(spec, tmp_path)
        result = train(spec, recorder, datasets_dir=tmp_path, threads=1)
        assert (promised.tasks, promised.epochs) == (3, result.epochs) == (3, 6)
        assert promised.parameters == (64 + 1) * 6 + 3 * (6 + 1) * 2
        assert promised.sentence.startswith(
            "Leash learns 3 inverted tasks of Stripes with a Tanh layer: 6 epochs"
        )
        assert recorder.plans[0].task_titles == (
            "Stripes, positive",
            "Stripes, negative",
            "Stripes, positive",
        )
        assert result.metrics["average_accuracy"] > 0.6
        chained = parse_spec({**TOY, "benchmark": {"kind": "sequence", "datasets": ["stripes", "stripes"]}})
        assert chained.benchmark.tasks == 2
    with pytest.raises(SpecError, match="Choose one of"):
        parse_spec(TOY)


def test_an_unknown_kind_is_an_error_that_lists_those_there_are() -> None:
    with pytest.raises(UnknownKind, match=r"no benchmark of kind 'magic'. There are: permuted, split"):
        BENCHMARKS.parse({"kind": "magic", "tasks": 2})


def test_a_name_is_given_once_and_a_kind_is_of_a_part() -> None:
    class Other(PermutedBenchmark):
        """Another one of that name."""

    with pytest.raises(ValueError, match="'permuted' already"):
        register(Other)
    with pytest.raises(TypeError, match="no part"):
        register(SpecPart)  # type: ignore[arg-type]
