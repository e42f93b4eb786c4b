"""``anpyc train``: one run in the terminal, without services."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from anpyc import strict_json
from anpyc_cli.specification import (
    ChangesOption,
    FileArgument,
    PresetOption,
    SeedOption,
    read_specification,
    refuse,
)
from anpyc_queue.files import write_output

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from anpyc.recording import (
        Checkpoint,
        EpochResult,
        Evaluation,
        LayerStatistics,
        Level,
        MaskSnapshot,
        Plan,
    )
    from anpyc.spec import RunSpec
    from anpyc.training import RunResult


def train_command(
    file: FileArgument = None,
    preset: PresetOption = None,
    changes: ChangesOption = None,
    seed: SeedOption = None,
    output: Annotated[
        Path | None, typer.Option("--json", metavar="OUT.json", help="Write what the run measured here.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; unset: torch decides.")] = None,
) -> None:
    """Train one run in this terminal, with a progress bar and no services."""
    from rich.console import Console

    console = Console(stderr=True)
    spec = read_specification(file, preset, changes or [], seed)
    if output is not None and not output.parent.is_dir():
        refuse(f"There is no folder {output.parent}; make it or write elsewhere with --json.")
    result = _train(spec, console, threads)
    if output is not None:
        _write(output, strict_json.dumps(_document(spec, result), indent=1))
    _print_result(result)


def _write(output: Path, text: str) -> None:
    """What took long to measure is not lost for want of space: then it goes to standard output."""
    try:
        write_output(output, text.encode())
    except OSError as error:
        typer.echo(text)
        refuse(f"{output} could not be written ({error.strerror}). What was measured stands above.")


def _train(spec: RunSpec, console: Console, threads: int | None) -> RunResult:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    # Before torch is loaded: threads that spin while they wait slow each other down on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from anpyc.errors import TrainingError
    from anpyc.settings import settings
    from anpyc.training import train

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=console, transient=True) as bar:
            return train(spec, _Bar(bar, spec.title()), datasets_dir=settings().datasets, threads=threads)
    except TrainingError as error:
        refuse(str(error))
    except KeyboardInterrupt:
        console.print("Stopped.")
        raise typer.Exit(130) from None


def _document(spec: RunSpec, result: RunResult) -> dict[str, Any]:
    return {
        "spec": spec.model_dump(mode="json"),
        "accuracy": result.accuracy,
        "before_pruning": result.before_pruning,
        "metrics": result.metrics,
        "layers": [_layer(row) for row in result.layers],
        "seconds": result.seconds,
        "epochs": result.epochs,
    }


def _layer(row: LayerStatistics) -> dict[str, Any]:
    """The row, and what its numbers were that JSON has no word for."""
    content = asdict(row)
    words = strict_json.not_finite(content)
    return content | {"not_finite": words} if words else content


def _print_result(result: RunResult) -> None:
    from anpyc.measures import MEASURES, known

    for name, value in known(result.metrics).items():
        typer.echo(f"{MEASURES[name].title:<18} {MEASURES[name].write(value)}")
    typer.echo(f"{result.epochs} epochs in {result.seconds:.1f} s")


class _Bar:
    """Shows a run as a progress bar."""

    def __init__(self, bar: Progress, title: str) -> None:
        self._bar = bar
        self._title = title
        self._row: TaskID | None = None

    def plan(self, plan: Plan) -> None:
        self._row = self._bar.add_task(self._title, total=plan.steps)
        for subject, value in plan.environment.items():
            if subject.startswith("data_"):
                self._print(f"data: {value}")

    def epoch(self, result: EpochResult) -> None:
        if self._row is not None:
            self._bar.update(
                self._row,
                completed=result.step,
                description=f"{self._title}, task {result.task}, loss {result.loss:.3f}",
            )

    def evaluation(self, evaluation: Evaluation) -> None:
        if evaluation.end_of_task:
            seen = [a for task, a in sorted(evaluation.accuracy.items()) if task <= evaluation.task]
            mean = sum(seen) / len(seen)
            self._print(
                f"after task {evaluation.task}: {mean:.2%} on average · " + " ".join(f"{a:.1%}" for a in seen)
            )

    def layers(self, statistics: Sequence[LayerStatistics]) -> None:
        """Not shown."""

    def masks(self, snapshots: Sequence[MaskSnapshot]) -> None:
        """Not shown."""

    def metrics(self, metrics: dict[str, float]) -> None:
        """Not shown before the end."""

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Not kept."""

    def log(self, level: Level, text: str) -> None:
        if level in ("warning", "error"):
            self._print(f"{level}: {text}")

    def _print(self, line: str) -> None:
        """As it is: names from files may look like markup."""
        self._bar.console.print(line, highlight=False, markup=False, emoji=False)

    def should_stop(self) -> bool:
        return False
