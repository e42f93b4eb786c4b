"""The commands that speak to a running dashboard through its API, and presets."""

from __future__ import annotations

import json
import time
import uuid
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from anpyc_cli.specification import (
    ChangesOption,
    FileArgument,
    PresetOption,
    SeedOption,
    read_request,
    refuse,
)
from anpyc_queue.files import write_output

if TYPE_CHECKING:
    import httpx

POLL_SECONDS = 1.0
PAGE = 200
"""Runs asked for at once."""
ENDED = frozenset({"succeeded", "failed", "cancelled"})

UrlOption = Annotated[
    str | None, typer.Option(help="Where the dashboard answers; unset: ANPYC_HOST and ANPYC_PORT.")
]


def submit_command(
    file: FileArgument = None,
    preset: PresetOption = None,
    changes: ChangesOption = None,
    seed: SeedOption = None,
    project: Annotated[
        str | None, typer.Option(help="Where it goes, by name; unset: what the file says, else Unsorted.")
    ] = None,
    url: UrlOption = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the run has ended.")] = False,
) -> None:
    """Queue a run on a running dashboard and print its address."""
    spec, named = read_request(file, preset, changes or [], seed)
    where = {"project": project or named} if project or named else {}
    with Api(url) as api:
        run = api.post("/api/runs", spec.model_dump(mode="json"), key=str(uuid.uuid4()), parameters=where)
        typer.echo(f"{run['id']}  {api.address}/runs/{run['id']}")
        if wait:
            _wait(api, run["id"])


def runs_command(
    status: Annotated[list[str] | None, typer.Option(help="Only runs in this state. Repeatable.")] = None,
    project: Annotated[str, typer.Option(help="Only runs of this project, by its name.")] = "",
    search: Annotated[str, typer.Option(help="Text in name, notes or tags.")] = "",
    wanted: Annotated[
        str, typer.Option("--filter", help="Such as 'strategy = anpyc and lam > 3 and created > -7d'.")
    ] = "",
    columns: Annotated[
        str, typer.Option(help="Fields to print as a table, with commas: name,lam,lr,accuracy.")
    ] = "",
    sort: Annotated[str, typer.Option(help="Any field, descending with a leading -.")] = "-created",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    url: UrlOption = None,
) -> None:
    """List runs, the newest first."""
    question = {
        "status": status or [],
        "project": project,
        "q": search,
        "filter": wanted,
        "sort": sort,
        "columns": columns,
    }
    with Api(url) as api:
        items = api.list_runs(question | {"full": as_json}, limit)
        fields = api.get("/api/runs/fields")["items"] if columns and items and not as_json else []
    if as_json:
        typer.echo(json.dumps(items, indent=1))
        return
    if fields:
        for line in table(items, fields):
            typer.echo(line)
        return
    for run in items:
        typer.echo(_line(run))
    if not items:
        typer.echo("No runs. `anpyc submit --preset demo-anpyc` queues one.")


def _line(run: dict[str, Any]) -> str:
    from anpyc.measures import MEASURES, known

    values = known(run["metrics"])
    accuracy, lost = (
        MEASURES[name].write(values[name]) if name in values else ""
        for name in ("average_accuracy", "forgetting")
    )
    results = f"{accuracy:>11}  {f'{lost} forgotten' if lost else '':<21}"
    return f"{run['id']}  {run['status']:<9}  {run['progress']:>4.0%}  {results}  {run['name']}"


def table(runs: list[dict[str, Any]], fields: list[dict[str, Any]]) -> list[str]:
    """The values that the runs were asked for besides, under the names they were asked for by."""
    known = {name: field for field in fields for name in (field["short"], field["name"], *field["aliases"])}
    names = list(runs[0]["values"])
    types = [known.get(name, {}).get("type") for name in names]
    rows = [
        [_written(run["values"][name], of) for name, of in zip(names, types, strict=True)] for run in runs
    ]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    numeric = [of in ("number", "share", "loss", "change", "duration") for of in types]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in (names, *rows)
    ]


def _written(value: Any, of: str | None) -> str:
    """As the page writes it; nothing where it is not known."""
    from anpyc.wording import duration, lost_points, percent, signed_points

    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if of == "moment":
        return str(value)[:16].replace("T", " ")
    if not isinstance(value, (int, float)):
        return " ".join(str(value).split())
    write = {"share": percent, "loss": lost_points, "change": signed_points, "duration": duration}.get(
        of or ""
    )
    return write(value) if write else f"{value:g}" if isinstance(value, float) else str(value)


def export_command(
    run: Annotated[str, typer.Argument(help="The run's id.")],
    form: Annotated[str, typer.Option("--format", help="csv, json, parquet or html.")] = "json",
    output: Annotated[
        Path | None, typer.Option(help="The file to write; unset: RUN and the format's ending.")
    ] = None,
    url: UrlOption = None,
) -> None:
    """Save what a run recorded as a file."""
    target = output or Path(f"{run}.{form}")
    require_folder(target)
    with Api(url) as api:
        content = api.download(f"/api/runs/{run}/export", {"format": form})
    write_file(target, content)


class TableFormat(StrEnum):
    """What a table is written as."""

    latex = "latex"
    markdown = "markdown"
    csv = "csv"


class Methods(StrEnum):
    """Where the methods stand."""

    rows = "rows"
    columns = "columns"


class SpreadShown(StrEnum):
    """What stands behind ±."""

    std = "std"
    interval = "interval"
    none = "none"


def table_command(
    keys: Annotated[
        list[str],
        typer.Argument(help="Runs by id, and groups such as spec:… and sweep:…, as a comparison has."),
    ],
    form: Annotated[TableFormat, typer.Option("--format", help="How it is written.")] = TableFormat.markdown,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="Such as average_accuracy. Repeatable, in this order; unset: all that are known."),
    ] = None,
    methods: Annotated[Methods, typer.Option(help="Whether they are rows or columns.")] = Methods.rows,
    baseline: Annotated[
        str | None, typer.Option(help="One of the keys: who is told apart from it is marked.")
    ] = None,
    spread: Annotated[SpreadShown, typer.Option(help="What stands behind ±.")] = SpreadShown.std,
    bold: Annotated[
        bool, typer.Option(help="The best in bold, where it is told apart from the next best.")
    ] = True,
    n: Annotated[bool, typer.Option("--n/--no-n", help="How many seeds each number is over.")] = True,
    arrows: Annotated[bool, typer.Option(help="Which way is better.")] = True,
    tasks: Annotated[bool, typer.Option("--tasks", help="The accuracy on each task as well.")] = False,
    settings: Annotated[bool, typer.Option("--settings", help="The settings that differ as well.")] = False,
    decimals: Annotated[int, typer.Option(min=0, max=4, help="Digits after the point.")] = 1,
    caption: Annotated[str, typer.Option(help="Unset: one is made from what stands in the table.")] = "",
    label: Annotated[str, typer.Option(help="Of LaTeX; unset: tab:comparison.")] = "",
    output: Annotated[Path | None, typer.Option(help="The file to write; unset: the terminal.")] = None,
    url: UrlOption = None,
) -> None:
    """Write methods as a table for a paper: means over seeds, and who is told apart."""
    if output is not None:
        require_folder(output)
    wanted = {
        "run": keys,
        "format": form.value,
        "metric": metric or [],
        "methods": methods.value,
        "spread": spread.value,
        "bold": bold,
        "n": n,
        "arrows": arrows,
        "tasks": tasks,
        "settings": settings,
        "decimals": decimals,
        "caption": caption,
        "label": label,
    } | ({"baseline": baseline} if baseline else {})
    with Api(url) as api:
        content = api.download("/api/compare/table", wanted)
    if output is None:
        typer.echo(content.decode(), nl=False)
    else:
        write_file(output, content)


def require_folder(target: Path) -> None:
    """Refuse before anything is asked for where the file cannot be written."""
    if not target.parent.is_dir():
        refuse(f"There is no folder {target.parent}; make it or write elsewhere with --output.")


def write_file(target: Path, content: bytes) -> None:
    """Write what was asked for, and say how much it is."""
    try:
        write_output(target, content)
    except OSError as error:
        refuse(f"{target} could not be written ({error.strerror}). Choose another place with --output.")
    typer.echo(f"{target}  {len(content):,} bytes")


def presets_command(
    name: Annotated[str | None, typer.Argument(help="Print this one as YAML.")] = None,
) -> None:
    """List the runs that ship with the package, or print one as YAML."""
    import yaml

    from anpyc.presets import PRESETS, preset_note

    if name is None:
        for each in PRESETS:
            typer.echo(f"{each:<32} {preset_note(each)}")
        return
    if name not in PRESETS:
        refuse(f"There is no preset {name!r}. There are: {', '.join(PRESETS)}.")
    data = PRESETS[name].model_dump(mode="json")
    typer.echo(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), nl=False)


def _wait(api: Api, run_id: str) -> None:
    """Until the run has ended; exit code 1 unless it succeeded."""
    while (run := api.get(f"/api/runs/{run_id}"))["status"] not in ENDED:
        time.sleep(POLL_SECONDS)
    typer.echo(run["sentence"])
    if run["status"] != "succeeded":
        raise typer.Exit(1)


class Api:
    """The dashboard's API; every failure is one line and exit code 2."""

    def __init__(self, url: str | None, seconds: float = 30) -> None:
        import httpx

        from anpyc.settings import settings

        here = settings()
        self.address = (url or here.address).rstrip("/")
        headers = {"Authorization": f"Bearer {here.token.get_secret_value()}"} if here.token else {}
        self._client = httpx.Client(base_url=self.address, headers=headers, timeout=seconds)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, parameters: dict[str, Any] | None = None) -> Any:
        return self._ask("GET", path, params=parameters).json()

    def post(
        self, path: str, body: dict[str, Any], key: str = "", parameters: dict[str, Any] | None = None
    ) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self._ask("POST", path, json=body, params=parameters, headers=headers).json()

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PATCH", path, json=body).json()

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path).json()

    def download(self, path: str, parameters: dict[str, Any]) -> bytes:
        return self._ask("GET", path, params=parameters).content

    def list_runs(self, question: dict[str, Any], limit: int) -> list[dict[str, Any]]:
        """At most ``limit`` runs that answer the question, page after page."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while len(items) < limit:
            parameters = question | {"limit": min(PAGE, limit - len(items)), "cursor": cursor}
            page = self.get("/api/runs", {name: value for name, value in parameters.items() if value})
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return items

    def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        import httpx

        try:
            response = self._client.request(method, path, **arguments)
        except httpx.HTTPError as error:
            refuse(
                f"No dashboard answers at {self.address} ({error or type(error).__name__}). "
                "Start one with `anpyc up`, or say where it is with --url."
            )
        if response.is_error:
            refuse(_complaint(response))
        return response


def _pointed_at(error: dict[str, Any], text: str) -> str:
    """The filter on a line of its own, the place that is wrong underlined."""
    start, end = error["position"]["start"], error["position"]["end"]
    line = "".join(" " if character.isspace() else character for character in text)
    return f"--filter: {error['message']}\n  {line}\n  {' ' * start}{'^' * max(1, end - start)}"


def _complaint(response: httpx.Response) -> str:
    """What the server says is wrong, with the field it names."""
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return f"The server answered {response.status_code} to {response.request.url}."
    if "position" in error:
        return _pointed_at(error, response.request.url.params.get("filter", ""))
    problems = error.get("problems") or [error]
    return "; ".join(
        f"{p['field']}: {p['message']}" if p.get("field") else str(p["message"]) for p in problems
    )
