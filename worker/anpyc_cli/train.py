"""``anpyc train``: one run in the terminal, without services."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

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
    file: Annotated[
        Path | None, typer.Argument(metavar="SPEC.yaml", help="A run's specification, as YAML or JSON.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Start from a preset; `anpyc presets` lists them.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change one field, as strategy.lam=3. Repeatable."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Start of every random draw.")] = None,
    output: Annotated[
        Path | None, typer.Option("--json", metavar="OUT.json", help="Write what the run measured here.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; unset: torch decides.")] = None,
) -> None:
    """Train one run in this terminal, with a progress bar and no services."""
    from rich.console import Console

    console = Console(stderr=True)
    spec = _specification(file, preset, changes or [], seed)
    if output is not None and not output.parent.is_dir():
        _refuse(f"There is no folder {output.parent}; make it or write elsewhere with --json.")
    result = _train(spec, console, threads)
    if output is not None:
        output.write_text(json.dumps(_document(spec, result), indent=1), encoding="utf-8")
    _print_result(result)


def _specification(
    file: Path | None, preset: str | None, changes: Sequence[str], seed: int | None
) -> RunSpec:
    """The specification that the arguments describe together."""
    from anpyc.spec import SpecError, parse_spec

    if (file is None) == (preset is None):
        _refuse("Give either a specification file or --preset NAME.")
    data = _read(file) if file is not None else _preset(preset or "")
    for change in changes:
        _change(data, change)
    if seed is not None:
        data["seed"] = seed
    try:
        return parse_spec(data)
    except SpecError as error:
        _refuse("; ".join(f"{p.field or 'specification'}: {p.message}" for p in error.problems))


def _read(file: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        _refuse(f"{file} cannot be read: {error.strerror}.")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        _refuse(f"{file} is not valid YAML: {' '.join(str(error).split())}")
    if not isinstance(data, dict):
        _refuse(f"{file} holds no specification: it must be a mapping with keys such as `strategy`.")
    return data


def _preset(name: str) -> dict[str, Any]:
    from anpyc.presets import PRESETS

    if name not in PRESETS:
        _refuse(f"There is no preset {name!r}. There are: {', '.join(PRESETS)}.")
    return PRESETS[name].model_dump(mode="json")


def _change(data: dict[str, Any], change: str) -> None:
    """Apply ``FIELD=VALUE``. Changing a part's kind drops the fields of its old kind, so that defaults fill in."""
    import yaml

    path, equals, text = change.partition("=")
    if not equals or not path:
        _refuse(f"--set {change}: write FIELD=VALUE, as --set strategy.lam=3.")
    *parents, last = path.split(".")
    target = data
    for name in parents:
        inner = target.setdefault(name, {})
        if not isinstance(inner, dict):
            _refuse(f"--set {change}: {name} has no fields of its own.")
        target = inner
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        _refuse(f"--set {change}: the value is not valid YAML.")
    if last == "kind" and target.get("kind") != value:
        target.clear()
    target[last] = value


def _train(spec: RunSpec, console: Console, threads: int | None) -> RunResult:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from anpyc.errors import TrainingError
    from anpyc.settings import settings
    from anpyc.training import train

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=console, transient=True) as bar:
            return train(spec, _Bar(bar, spec.title()), datasets_dir=settings().datasets, threads=threads)
    except TrainingError as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        console.print("Stopped.")
        raise typer.Exit(130) from None


def _document(spec: RunSpec, result: RunResult) -> dict[str, Any]:
    return {
        "spec": spec.model_dump(mode="json"),
        "accuracy": result.accuracy,
        "metrics": result.metrics,
        "layers": [asdict(row) for row in result.layers],
        "seconds": result.seconds,
        "epochs": result.epochs,
    }


def _print_result(result: RunResult) -> None:
    for name, value in result.metrics.items():
        typer.echo(f"{name.replace('_', ' '):<20} {value:7.2%}")
    typer.echo(f"{result.epochs} epochs in {result.seconds:.1f} s")


def _refuse(message: str) -> NoReturn:
    """One line on what is wrong, and exit code 2."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2)


class _Bar:
    """Shows a run as a progress bar."""

    def __init__(self, bar: Progress, title: str) -> None:
        self._bar = bar
        self._title = title
        self._row: TaskID | None = None

    def plan(self, plan: Plan) -> None:
        self._row = self._bar.add_task(self._title, total=plan.steps)

    def epoch(self, result: EpochResult) -> None:
        if self._row is not None:
            self._bar.update(
                self._row,
                completed=result.step,
                description=f"{self._title}, task {result.task + 1}, loss {result.loss:.3f}",
            )

    def evaluation(self, evaluation: Evaluation) -> None:
        if evaluation.end_of_task:
            seen = [a for task, a in sorted(evaluation.accuracy.items()) if task <= evaluation.task]
            mean = sum(seen) / len(seen)
            self._bar.console.print(
                f"after task {evaluation.task + 1}: {mean:.2%} on average · "
                + " ".join(f"{a:.1%}" for a in seen),
                highlight=False,
            )

    def layers(self, statistics: Sequence[LayerStatistics]) -> None:
        """Not shown."""

    def masks(self, snapshots: Sequence[MaskSnapshot]) -> None:
        """Not shown."""

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Not kept."""

    def log(self, level: Level, text: str) -> None:
        self._bar.console.print(f"{level}: {text}", highlight=False)

    def should_stop(self) -> bool:
        return False
