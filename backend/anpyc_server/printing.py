"""Figures as SVG, PDF and PNG, drawn by a browser without a window: the page's own script does it, so that
both write the same file. The page itself needs no browser here."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

from anpyc_queue.errors import ServiceError
from anpyc_server.page import built_front_end

Form = Literal["svg", "pdf", "png"]
BROWSERS = (
    "chromium-headless-shell",
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "chrome",
)
SECONDS = 60.0
"""A figure takes two; a machine may be busy."""
_WAIT_SECONDS = 30.0
_one_at_a_time = threading.BoundedSemaphore(1)
_FLAGS = (
    "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; connect-src 'self'"
)
_FAILED = "failed:"
_INSTEAD = "The page saves figures without it, and csv and json need none."


class CannotPrint(ServiceError):
    """There is nothing on this machine that can draw a figure, or it does not."""

    status = 503
    code = "cannot_print"


def printed(drawing: Mapping[str, Any], font: str, form: Form, scale: float, browser: Path | None) -> bytes:
    """The file of a figure that is laid out for paper.

    :raises CannotPrint: when there is no browser, or it gives nothing in :data:`SECONDS`.
    """
    program = find_browser(browser)
    page = _page(drawing, font, form, scale)
    if not _one_at_a_time.acquire(timeout=_WAIT_SECONDS):
        raise CannotPrint("Other figures are being drawn. Ask again in a minute.")
    try:
        content = _drawn(program, page)
    finally:
        _one_at_a_time.release()
    if not content or content.startswith(_FAILED.encode()):
        said = content.decode(errors="replace").removeprefix(_FAILED)[:200] or "it ended"
        raise CannotPrint(f"{program.name} could not draw the figure ({said}). {_INSTEAD}")
    return content


def find_browser(named: Path | None) -> Path:
    """Chrome or Chromium on this machine.

    :raises CannotPrint: when there is none.
    """
    if named is not None:
        if not os.access(named, os.X_OK):
            raise CannotPrint(f"ANPYC_BROWSER is {named}, which is no program. Name Chrome or Chromium.")
        return named
    for name in BROWSERS:
        if path := shutil.which(name):
            return Path(path)
    raise CannotPrint(
        "The server needs Chrome or Chromium to draw a figure and finds neither: install one "
        f"(Debian: apt-get install chromium), or name it in ANPYC_BROWSER. {_INSTEAD}"
    )


def _page(drawing: Mapping[str, Any], font: str, form: Form, scale: float) -> str:
    """A page that draws one figure, and carries all that it needs."""
    built = built_front_end()
    if built is None or not (built / "print" / "print.js").is_file():
        raise CannotPrint("The page is not built, and with it the script that draws. Run `make frontend`.")
    files = built / "print"
    job = {
        "figure": drawing,
        "font": json.loads((files / f"{font}.json").read_text(encoding="utf-8")),
        "form": form,
        "scale": scale,
    }
    scripts = [(files / name).read_text(encoding="utf-8") for name in ("plotly.js", "print.js")]
    scripts.append(f"anpyc.print({in_script(job)})")
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return f"<!doctype html>{head}<body>{''.join(f'<script>{script}</script>' for script in scripts)}"


def in_script(content: Any) -> str:
    """As JSON inside a script of HTML: nothing in it can end the script."""
    return json.dumps(content, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


class _Desk(BaseHTTPRequestHandler):
    """Hands the page out and takes the file in, from whoever knows the address: the browser alone."""

    server: _DeskServer

    def do_GET(self) -> None:
        if self.path != self.server.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.page)

    def do_POST(self) -> None:
        if self.path != self.server.path:
            self.send_error(404)
            return
        self.server.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(204)
        self.end_headers()
        self.server.done.set()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class _DeskServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, page: str) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.page = page.encode()
        self.path = f"/{secrets.token_urlsafe(24)}"
        self.content = b""
        self.done = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.path}"


def _drawn(program: Path, page: str) -> bytes:
    """What the browser makes of the page; nothing where it ends before."""
    with (
        _DeskServer(page) as desk,
        tempfile.TemporaryDirectory(prefix="anpyc-print-", ignore_cleanup_errors=True) as folder,
    ):
        threading.Thread(target=desk.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        process = _opened(program, folder, desk.address)
        try:
            _wait(desk, process, program)
        finally:
            _end(process)
            desk.shutdown()
        return desk.content


def _opened(program: Path, folder: str, address: str) -> subprocess.Popen[bytes]:
    """The browser, without anything of the server's environment: no secret is in sight."""
    as_root = ("--no-sandbox",) if getattr(os, "geteuid", lambda: 1)() == 0 else ()
    environment = {"HOME": folder, "PATH": os.environ.get("PATH", ""), "TMPDIR": folder}
    return subprocess.Popen(  # noqa: S603 - a browser that the operator installed, on a page of our own
        [str(program), *_FLAGS, *as_root, f"--user-data-dir={folder}/profile", address],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


def _wait(desk: _DeskServer, process: subprocess.Popen[bytes], program: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not desk.done.wait(0.1) and process.poll() is None:
        if time.monotonic() > deadline:
            raise CannotPrint(
                f"{program.name} took more than {SECONDS:.0f} s to draw the figure. Ask for fewer points, or "
                "again when the machine is less busy."
            )


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all its family."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
