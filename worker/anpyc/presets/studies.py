"""Studies that ship with the package: methods side by side, each with its own settings. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anpyc.presets import PRESETS

SEEDS = (0, 1, 2)
_PARTS = ("benchmark", "dataset", "model", "training")
Method = dict[str, Any]


@dataclass(frozen=True)
class StudyPreset:
    """A protocol and its methods."""

    title: str
    note: str
    methods: Callable[[], list[Method]]
    """Whole specifications: what all share becomes the study's own, the rest each method's."""

    def request(self) -> dict[str, Any]:
        """The study, as it is submitted."""
        specs = self.methods()
        first = specs[0]
        return {
            "name": self.title,
            "spec": {part: first[part] for part in _PARTS},
            "methods": [
                {"strategy": spec["strategy"]}
                | {part: spec[part] for part in _PARTS if spec[part] != first[part]}
                for spec in specs
            ],
            "seeds": list(SEEDS),
        }


def _protocol(prefix: str) -> list[Method]:
    return [spec.model_dump(mode="json") for name, spec in PRESETS.items() if name.startswith(prefix)]


def _on_digits() -> list[Method]:
    demo = [PRESETS[name].model_dump(mode="json") for name in ("demo-anpyc", "demo-ewc", "demo-finetune")]
    mas = demo[1] | {"strategy": {"kind": "mas"}}
    return [*demo[:2], mas, demo[2]]


STUDIES: Mapping[str, StudyPreset] = {
    "compare-digits": StudyPreset(
        "Methods on permuted digits",
        "ANPyC, EWC, MAS and fine-tuning on five permuted tasks of scikit-learn's digits. Minutes on a "
        "laptop, no download.",
        _on_digits,
    ),
    "compare-permuted-mnist": StudyPreset(
        "Permuted MNIST (van de Ven and Tolias)",
        "The methods of the published protocol, each with its published settings.",
        lambda: _protocol("vandeven-permuted-mnist-"),
    ),
    "compare-split-mnist": StudyPreset(
        "Split MNIST (Hsu et al.)",
        "The methods of the published protocol, each with its published settings.",
        lambda: _protocol("hsu-split-mnist-"),
    ),
}
