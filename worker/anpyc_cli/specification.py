"""A run's specification from the command line: a file or a preset, changes on top, a seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from anpyc.spec import RunSpec

FileArgument = Annotated[
    Path | None, typer.Argument(metavar="SPEC.yaml", help="A run's specification, as YAML or JSON.")
]
PresetOption = Annotated[str | None, typer.Option(help="Start from a preset; `anpyc presets` lists them.")]
ChangesOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Change one field, as strategy.lam=3. Repeatable."),
]
SeedOption = Annotated[int | None, typer.Option(help="Start of every random draw.")]


def read_specification(
    file: Path | None, preset: str | None, changes: Sequence[str], seed: int | None
) -> RunSpec:
    """The specification that the arguments describe together."""
    return read_request(file, preset, changes, seed)[0]


def read_request(
    file: Path | None, preset: str | None, changes: Sequence[str], seed: int | None
) -> tuple[RunSpec, str | None]:
    """The same, and the project that the file or a change names beside it, in its key ``project``."""
    from anpyc.spec import SpecError, parse_spec

    if (file is None) == (preset is None):
        refuse("Give either a specification file or --preset NAME.")
    data = _read(file) if file is not None else _preset(preset or "")
    for change in changes:
        _change(data, change)
    if seed is not None:
        data["seed"] = seed
    project = data.pop("project", None)
    if not isinstance(project, str | None):
        refuse("project: write the name of a project, in quotes where it looks like a number.")
    try:
        return parse_spec(data), project
    except SpecError as error:
        refuse("; ".join(f"{p.field or 'specification'}: {p.message}" for p in error.problems))


def _read(file: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        refuse(f"{file} cannot be read: {error.strerror}.")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        refuse(f"{file} is not valid YAML: {' '.join(str(error).split())}")
    if not isinstance(data, dict):
        refuse(f"{file} holds no specification: it must be a mapping with keys such as `strategy`.")
    return data


def _preset(name: str) -> dict[str, Any]:
    from anpyc.presets import PRESETS

    if name not in PRESETS:
        refuse(f"There is no preset {name!r}. There are: {', '.join(PRESETS)}.")
    return PRESETS[name].model_dump(mode="json")


def _change(data: dict[str, Any], change: str) -> None:
    """Apply ``FIELD=VALUE``. A changed kind drops the fields of the old one, so that defaults fill in."""
    import yaml

    path, equals, text = change.partition("=")
    if not equals or not path:
        refuse(f"--set {change}: write FIELD=VALUE, as --set strategy.lam=3.")
    *parents, last = path.split(".")
    target = data
    for name in parents:
        inner = target.setdefault(name, {})
        if not isinstance(inner, dict):
            refuse(f"--set {change}: {name} has no fields of its own.")
        target = inner
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        refuse(f"--set {change}: the value is not valid YAML.")
    if last == "kind" and target.get("kind") != value:
        target.clear()
    target[last] = value


def refuse(message: str) -> NoReturn:
    """One line on what is wrong, and exit code 2."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2)
