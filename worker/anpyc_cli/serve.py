"""``anpyc server``, ``anpyc worker`` and ``anpyc drain``: the parts one by one, for a real deployment."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from anpyc.errors import InvalidSetting
from anpyc.private_files import keep_private
from anpyc.settings import SHORTEST_TOKEN, Settings, read_settings
from anpyc_worker.environment import environment_of
from anpyc_worker.exit_codes import CANNOT_START
from anpyc_worker.lifeline import stop_when_parent_ends

LOCAL = ("127.0.0.1", "localhost", "::1")
_LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"

_UVICORN: dict[str, Any] = {
    "log_level": "info",
    "access_log": False,
    "timeout_graceful_shutdown": 3,
    "proxy_headers": False,  # the application heeds those of trusted proxies itself
}

DataDir = Annotated[Path | None, typer.Option(help="Where database, checkpoints and logs go.")]
FollowParent = Annotated[bool, typer.Option(hidden=True)]


def server_command(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65_535)] = None,
    data_dir: DataDir = None,
    processes: Annotated[
        int, typer.Option(help="Processes that answer side by side, with PostgreSQL.", min=1, max=64)
    ] = 1,
    follow_parent: FollowParent = False,
) -> None:
    """Start the server alone. Runs wait in the queue until a worker is there."""
    here = chosen_settings(data_dir=data_dir, host=host, port=port)
    refuse_open_host(here)
    refuse_taken_port(here)
    if processes > 1:
        _serve_with(processes, here, follow_parent)
        return
    import uvicorn

    from anpyc_server.app import create_app

    _begin(here, follow_parent)
    uvicorn.run(create_app(here), host=here.host, port=here.port, **_UVICORN)


def _serve_with(processes: int, here: Settings, follow_parent: bool) -> None:
    """Each process makes an application of its own from the settings, which it finds in its environment."""
    if here.database.startswith("sqlite"):
        stop_with(
            "Several server processes need PostgreSQL: set ANPYC_DATABASE_URL to one. With SQLite a single "
            "process serves, so leave --processes out."
        )
    import uvicorn

    _begin(here, follow_parent)
    os.environ.update(environment_of(here))
    application = "anpyc_server.app:create_app"
    uvicorn.run(application, factory=True, workers=processes, host=here.host, port=here.port, **_UVICORN)


def worker_command(
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: the GPU if there is one.")] = "auto",
    slots: Annotated[int, typer.Option(help="Runs trained at the same time.", min=1, max=64)] = 1,
    data_dir: DataDir = None,
    check: Annotated[bool, typer.Option("--check", help="Only tell whether one is online here.")] = False,
    follow_parent: FollowParent = False,
) -> None:
    """Start a worker. It trains waiting runs until it is stopped; then they go back to the queue."""
    here = chosen_settings(data_dir=data_dir)
    if check:
        raise typer.Exit(0 if _worker_is_online(here) else 1)
    if device not in ("auto", "cpu", "cuda"):
        stop_with(f"There is no device {device!r}. Choose auto, cpu or cuda.")
    from anpyc_queue.errors import Unusable
    from anpyc_queue.retrying import OUTAGES
    from anpyc_queue.unusable import unusable
    from anpyc_worker.device import NoSuchDevice
    from anpyc_worker.service import WorkerService

    _begin(here, follow_parent)
    try:
        code = WorkerService(here, device=device, slots=slots).run()
    except NoSuchDevice as error:
        stop_with(str(error), CANNOT_START)
    except (Unusable, *OUTAGES) as error:
        trouble = unusable(error)
        if trouble is None:
            raise
        stop_with(
            f"{trouble.message} ({trouble.reason})" if trouble.reason else trouble.message, CANNOT_START
        )
    raise typer.Exit(code)


def _worker_is_online(here: Settings) -> bool:
    from anpyc_queue import workers
    from anpyc_queue.engine import open_database

    database = open_database(here.database)
    try:
        with database.read() as session:
            return any(each.host == socket.gethostname() for each in workers.online(session))
    finally:
        database.dispose()


def drain_command(
    worker: Annotated[str, typer.Argument(help="The worker's name, or `all`; `anpyc doctor` lists them.")],
    data_dir: DataDir = None,
) -> None:
    """Let a worker finish what it is training; it takes nothing new and then leaves."""
    from anpyc_queue import audit, workers
    from anpyc_queue.engine import open_database
    from anpyc_queue.errors import NoSuchWorker

    database = open_database(chosen_settings(data_dir=data_dir).database)
    with database.read() as session:
        names = [each.id for each in workers.online(session)] if worker == "all" else [worker]
    try:
        for name in names:
            with database.write() as session:
                workers.drain(session, name)
                audit.record(session, "drained", "local", subject=name)
            typer.echo(f"{name} takes nothing new and leaves when it is done.")
    except NoSuchWorker as error:
        stop_with(str(error))
    finally:
        database.dispose()
    if not names:
        typer.echo("No worker is online.")


def chosen_settings(
    *, data_dir: Path | None = None, host: str | None = None, port: int | None = None
) -> Settings:
    """The settings of the environment, with what the command line says instead."""
    given = {"data_dir": data_dir, "host": host, "port": port}
    try:
        return read_settings(**{name: value for name, value in given.items() if value is not None})
    except InvalidSetting as error:
        stop_with(str(error), CANNOT_START)


def refuse_taken_port(here: Settings) -> int:
    """Refuse a port that cannot be listened at before anything starts. Answers it, or with 0 a free one."""
    family = socket.AF_INET6 if ":" in here.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((here.host, here.port))
        except OSError as error:
            stop_with(
                f"Port {here.port} of {here.host} cannot be used ({error.strerror}). If the dashboard runs "
                f"already, open {here.address}; otherwise take another port with --port {here.port + 1}.",
                CANNOT_START,
            )
        port: int = trial.getsockname()[1]
    return port


def refuse_open_host(here: Settings) -> None:
    """Nobody else's machine may reach a server without a token."""
    if here.host not in LOCAL and here.token is None:
        stop_with(
            f"{here.host} can be reached from other machines. Set ANPYC_TOKEN to a secret of at least "
            f"{SHORTEST_TOKEN} characters first, or leave --host out."
        )


def stop_with(message: str, code: int = 1) -> NoReturn:
    """End the command with an error message."""
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(code)


def _begin(here: Settings, follow_parent: bool) -> None:
    keep_private(here.data_dir)
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    if follow_parent:
        stop_when_parent_ends()
