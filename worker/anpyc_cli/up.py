"""``anpyc up``: the whole dashboard with one command, and nothing left behind when it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from anpyc.presets import PRESETS
from anpyc.private_files import keep_private, private_file, private_folder
from anpyc.settings import Settings
from anpyc_cli.serve import chosen_settings, refuse_open_host, refuse_taken_port
from anpyc_worker.environment import environment_of
from anpyc_worker.exit_codes import CANNOT_START

START_SECONDS = 60.0
STOP_SECONDS = 20.0
WATCH_SECONDS = 0.5
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Before a part that has ended is started again, doubling each time that it does not last."""
LASTING_SECONDS = 60.0
"""A part that ran for so long has recovered."""
MOST_STARTS = 8
"""So many times in a row a part may end before it has lasted; then it cannot run at all."""
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
    here = here.model_copy(update={"port": refuse_taken_port(here)})
    keep_private(here.data_dir)
    stack = _Stack(here, _default_workers() if workers is None else workers)
    raise typer.Exit(stack.run(demo))


def _default_workers() -> int:
    return max(1, min(4, os.cpu_count() or 1))


@dataclass
class _Part:
    """A process of the stack, started again when it ends."""

    name: str
    arguments: list[str]
    log: Path
    command: list[str] = field(default_factory=lambda: [sys.executable, "-m", "anpyc_cli"])
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    again_at: float | None = None
    """When it is to be started again; None while it runs."""
    ends: int = 0
    """How often in a row it has ended without having lasted."""
    said: str = ""
    """Why it could not start."""
    left: bool = False
    """It was told to leave and has; it is not started again."""

    def start(self, environment: Mapping[str, str]) -> None:
        self.close()
        private_file(private_folder(self.log.parent) / self.log.name)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - this very program
                [*self.command, *self.arguments, "--follow-parent"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
            )
        self.started, self.again_at = time.monotonic(), None

    def close(self) -> None:
        """Let go of the pipe by which it sees that this process is there."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()

    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return None if self.process is None else self.process.poll()

    def runs(self) -> bool:
        return self.process is not None and self.code() is None

    def has_ended(self) -> float | None:
        """Note it. Answers the pause until it is to be started again; None when it has ended too often."""
        lasted = time.monotonic() - self.started >= LASTING_SECONDS
        self.ends = 1 if lasted else self.ends + 1
        if self.ends >= MOST_STARTS:
            return None
        pause: float = min(FIRST_PAUSE * 2 ** (self.ends - 1), LONGEST_PAUSE)
        self.again_at = time.monotonic() + pause
        return pause

    def last_words(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


_MEANWHILE = {
    "server": "What trains goes on meanwhile, and open pages come back by themselves.",
    "worker": "Its runs go on from their last checkpoint.",
}


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"exit code {code}"


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
            self._add("server", ["server"])
            if self._slots:
                self._add("worker", ["worker", "--slots", str(self._slots)])
            if not self._wait_until_up():
                return 0 if self._stop.is_set() else 1
            self._say_hello()
            troubled = self._say_troubles()
            if demo and not troubled:
                self._queue_demo()
            return self._watch()
        finally:
            self._end()

    # --- start ----------------------------------------------------------------------------------------------

    def _add(self, name: str, arguments: list[str]) -> None:
        part = _Part(name, arguments, self._logs / f"{name}.log")
        part.start(self._environment())
        self._parts.append(part)

    def _environment(self) -> dict[str, str]:
        return os.environ | environment_of(self._settings)

    def _wait_until_up(self) -> bool:
        server = self._parts[0]
        deadline = time.monotonic() + START_SECONDS
        while not self._stop.is_set():
            if server.code() is not None:
                typer.secho(f"The server did not start:\n{server.last_words()}", fg="red", err=True)
                return False
            if self._answers():
                return True
            if time.monotonic() > deadline:
                typer.secho(f"The server does not answer. See {server.log}.", fg="red", err=True)
                return False
            self._stop.wait(0.1)
        return False

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self._ask("GET", "/api/health").status == 200
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

    def _say_troubles(self) -> bool:
        """What keeps it from working, as the server says; it goes on by itself once that is mended."""
        health = json.loads(self._ask("GET", "/api/health").read())
        if health["status"] == "ok":
            return False
        for note in health["notes"]:
            typer.secho(f"  {note}", fg="red", err=True)
        return True

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
        while not self._stop.wait(WATCH_SECONDS):
            for part in self._parts:
                if part.again_at is not None:
                    if time.monotonic() >= part.again_at:
                        part.start(self._environment())
                elif not part.left and part.code() is not None and not self._goes_on(part):
                    return 1
        return 0

    def _goes_on(self, part: _Part) -> bool:
        """A part has ended: start it again after a pause, or say why nothing can be done."""
        code = part.code()
        if part.name == "worker" and code == 0:
            part.left = True
            typer.echo("The worker has drained and left; runs wait until one is started: anpyc worker")
            return True
        if part.name == "worker" and code == CANNOT_START:
            self._without_worker(part)
            return True
        pause = part.has_ended()
        if pause is None:
            often = "cannot start" if code == CANNOT_START else f"has ended {part.ends} times in a row"
            typer.secho(
                f"The {part.name} {often}, so everything is stopped. Nothing recorded is lost. Its last "
                f"words, from {part.log}:\n{part.last_words()}",
                fg="red",
                err=True,
            )
            return False
        typer.secho(
            f"The {part.name} has ended ({_ending(code)}); it is started again in {pause:.0f} s. "
            f"{_MEANWHILE[part.name]} See {part.log}.",
            fg="yellow",
            err=True,
        )
        return True

    def _without_worker(self, part: _Part) -> None:
        """It has said why it cannot start, such as for a database that it cannot use."""
        said = part.last_words(1)
        if said != part.said:
            pause = f"{LONGEST_PAUSE:.0f} s"
            message = f"The worker cannot start; runs wait, and it is tried again every {pause}. {said}"
            typer.secho(message, fg="red", err=True)
        part.said, part.again_at = said, time.monotonic() + LONGEST_PAUSE

    # --- stop -----------------------------------------------------------------------------------------------

    def _on_signal(self, number: int, frame: object) -> None:  # noqa: ARG002
        if self._stop.is_set():
            self._impatient = True
        self._stop.set()

    def _end(self) -> None:
        """The worker hands its runs back and leaves, the server closes; what does not is killed."""
        running = [part.process for part in self._parts if part.process is not None and part.runs()]
        if running:
            typer.echo("Stopping …")
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in running):
            if self._impatient or time.monotonic() > deadline:
                for process in running:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.05)
