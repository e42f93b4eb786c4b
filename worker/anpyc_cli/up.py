"""``anpyc up``: the whole dashboard with one command, and nothing left behind when it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from anpyc.presets import PRESETS
from anpyc.private_files import keep_private, private_file, private_folder
from anpyc.settings import Settings
from anpyc_cli.serve import chosen_settings, refuse_open_host, stop_with
from anpyc_worker.environment import environment_of

START_SECONDS = 60.0
STOP_SECONDS = 20.0
RESTART_PAUSE = 2.0
DEMO = ("demo-anpyc", "demo-ewc", "demo-finetune")
"""Presets that ``--demo`` queues, as far as they are there."""


def up_command(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65_535)] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where database, checkpoints and logs go.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Runs trained at the same time; 0 starts no worker.", min=0, max=64)
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Queue demonstration runs.")] = False,
) -> None:
    """Start the dashboard and its workers, with everything in one folder and no other service needed."""
    here = chosen_settings(data_dir=data_dir, host=host, port=port)
    refuse_open_host(here)
    here = _with_free_port(here)
    keep_private(here.data_dir)
    stack = _Stack(here, _default_workers() if workers is None else workers)
    raise typer.Exit(stack.run(demo))


def _default_workers() -> int:
    return max(1, min(4, os.cpu_count() or 1))


def _with_free_port(here: Settings) -> Settings:
    """Refuse a port that is taken before anything is started; with port 0, take any free one."""
    family = socket.AF_INET6 if ":" in here.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((here.host, here.port))
        except OSError as error:
            stop_with(
                f"Port {here.port} of {here.host} cannot be used ({error.strerror}). If the dashboard runs "
                f"already, open {here.address}; otherwise take another port with --port {here.port + 1}."
            )
        port: int = trial.getsockname()[1]
    return here.model_copy(update={"port": port})


@dataclass
class _Part:
    """A process of the stack."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes]
    log: Path
    started: float = field(default_factory=time.monotonic)
    left: bool = False
    """It was told to leave and has; it is not started again."""

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


class _Stack:
    """Server and worker, started, watched and stopped together."""

    def __init__(self, here: Settings, slots: int) -> None:
        self._settings = here
        self._slots = slots
        self._logs = here.data_dir / "logs"
        self._parts: list[_Part] = []
        self._stop = threading.Event()
        self._impatient = False

    def run(self, demo: bool) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._parts.append(self._start("server", ["server"]))
            if self._slots:
                self._parts.append(self._start("worker", ["worker", "--slots", str(self._slots)]))
            if not self._wait_until_up():
                return 0 if self._stop.is_set() else 1
            self._say_hello()
            if demo:
                self._queue_demo()
            return self._watch()
        finally:
            self._end()

    # --- start ----------------------------------------------------------------------------------------------

    def _start(self, name: str, arguments: list[str]) -> _Part:
        log = private_file(private_folder(self._logs) / f"{name}.log")
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-m", "anpyc_cli", *arguments, "--follow-parent"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=os.environ | environment_of(self._settings),
                start_new_session=True,
            )
        return _Part(name, arguments, process, log)

    def _wait_until_up(self) -> bool:
        server = self._parts[0]
        deadline = time.monotonic() + START_SECONDS
        while not self._stop.is_set():
            if server.process.poll() is not None:
                typer.secho(f"The server did not start:\n{server.last_words()}", fg="red", err=True)
                return False
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self._ask("GET", "/api/health").status == 200:
                    return True
            if time.monotonic() > deadline:
                typer.secho(f"The server does not answer. See {server.log}.", fg="red", err=True)
                return False
            self._stop.wait(0.1)
        return False

    def _say_hello(self) -> None:
        typer.secho(f"\n  ANPyC Dashboard   {self._settings.address}\n", bold=True)
        if self._slots:
            typer.echo(f"  Training up to {self._slots} {'run' if self._slots == 1 else 'runs'} at a time.")
        else:
            typer.echo("  No worker was started; runs wait until one is: anpyc worker")
        typer.echo(f"  Everything is kept in {self._settings.data_dir}.")
        if self._settings.token is not None:
            typer.echo(
                "  Sign in with the token, or once by the link in "
                f"{self._settings.data_dir / 'sign-in-link'}."
            )
        typer.echo("  Stop with Ctrl-C.\n")

    def _queue_demo(self) -> None:
        for name in DEMO:
            if name not in PRESETS:
                continue
            spec = PRESETS[name]
            answer = self._ask("POST", "/api/runs", spec.model_dump(mode="json"))
            if answer.status == 201:
                typer.echo(f"  Queued: {spec.title()}")
            else:
                message = answer.read().decode(errors="replace")
                typer.secho(f"  {spec.title()} was not queued: {message}", fg="red", err=True)

    def _ask(self, method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        host = "127.0.0.1" if self._settings.host in ("0.0.0.0", "::") else self._settings.host  # noqa: S104
        connection = http.client.HTTPConnection(host, self._settings.port, timeout=10)
        headers = {"Content-Type": "application/json"}
        if self._settings.token is not None:
            headers["Authorization"] = f"Bearer {self._settings.token.get_secret_value()}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        return connection.getresponse()

    # --- watch ----------------------------------------------------------------------------------------------

    def _watch(self) -> int:
        while not self._stop.wait(0.5):
            for index, part in enumerate(self._parts):
                code = part.process.poll()
                if code is None or part.left:
                    continue
                if part.name == "server":
                    typer.secho(f"The server has ended:\n{part.last_words()}", fg="red", err=True)
                    return 1
                if code == 0:
                    part.left = True
                    typer.echo(
                        "The worker has drained and left; runs wait until one is started: anpyc worker"
                    )
                    continue
                typer.secho(
                    f"The {part.name} has ended (exit code {code}); starting it again.", fg="yellow", err=True
                )
                if time.monotonic() - part.started < RESTART_PAUSE:
                    self._stop.wait(RESTART_PAUSE)
                self._parts[index] = self._start(part.name, part.arguments)
        return 0

    # --- stop -----------------------------------------------------------------------------------------------

    def _on_signal(self, number: int, frame: object) -> None:  # noqa: ARG002
        if self._stop.is_set():
            self._impatient = True
        self._stop.set()

    def _end(self) -> None:
        """The worker hands its runs back and leaves, the server closes; what does not is killed."""
        running = [part for part in self._parts if part.process.poll() is None]
        if running:
            typer.echo("Stopping …")
        for part in running:
            part.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(part.process.poll() is None for part in running):
            if self._impatient or time.monotonic() > deadline:
                for part in running:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(part.process.pid, signal.SIGKILL)
            time.sleep(0.05)
