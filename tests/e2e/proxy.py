"""nginx in front of a dashboard: by TLS, at a path, as docs/deploy.md says."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.stack import REPOSITORY
from services import Missing, free_port

NAME = "lab.localhost"
"""Browsers look for it on this machine without asking anybody."""
START_SECONDS = 20.0


@contextmanager
def in_front_of(port: int, room: Path) -> Iterator[str]:
    """The recipe of the guide, running; answers the address that browsers use.

    :raises Missing: when nginx or openssl is not installed.
    """
    programs = {name: shutil.which(name, path="/usr/sbin:/usr/bin:/bin") for name in ("nginx", "openssl")}
    for name, program in programs.items():
        if program is None:
            raise Missing(f"{name} is not installed (Debian: apt-get install {name}).")
    certificate, key = _certificate(str(programs["openssl"]), room)
    public = free_port()
    recipe = _recipe()
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{public} ssl"),
        ("server_name lab.example", f"server_name {NAME}"),
        ("/etc/ssl/certs/lab.example.pem", str(certificate)),
        ("/etc/ssl/private/lab.example.key", str(key)),
        ("127.0.0.1:8000", f"127.0.0.1:{port}"),
    ):
        assert old in recipe, f"The recipe has no {old!r} any more."
        recipe = recipe.replace(old, new)
    (room / "nginx.conf").write_text(_AROUND.format(room=room, server=recipe))
    process = subprocess.Popen(
        [str(programs["nginx"]), "-c", str(room / "nginx.conf"), "-e", str(room / "log")]
    )
    try:
        _wait_until_it_listens(public, process, room / "log")
        yield f"https://{NAME}:{public}/anpyc"
    finally:
        process.terminate()
        process.wait(20)


def _recipe() -> str:
    text = (REPOSITORY / "docs" / "deploy.md").read_text()
    match = re.search(r"```nginx\n(.*?)```", text, re.DOTALL)
    assert match is not None
    return match.group(1)


_AROUND = """daemon off; master_process off; pid {room}/pid; error_log {room}/log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {room}/body; proxy_temp_path {room}/proxy; fastcgi_temp_path {room}/fastcgi;
  uwsgi_temp_path {room}/uwsgi; scgi_temp_path {room}/scgi;
  {server}
}}
"""


def _certificate(openssl: str, room: Path) -> tuple[Path, Path]:
    certificate, key = room / "certificate.pem", room / "key.pem"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-days", "2"]
    subprocess.run(
        [openssl, *request, *subject, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("nginx does not listen.")
