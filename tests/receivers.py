"""What notifications are sent to in tests: a web server and a mail server that keep what they get."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class WebReceiver:
    """Answers every POST with ``status``, and to a redirect says where."""

    port: int = 0
    status: int = 200
    location: str = ""
    silent: bool = False
    """Never answers."""
    got: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    """Path, headers and JSON of each request."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def web_receiver() -> Iterator[WebReceiver]:
    """A web server of this machine."""
    receiver, done = WebReceiver(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.got.append((self.path, dict(self.headers), json.loads(content or b"null")))
            if receiver.silent:
                done.wait(10)
                return
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_GET = do_POST  # noqa: N815 - the base class asks for it

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        done.set()
        server.shutdown()
        server.server_close()


@dataclass
class MailReceiver:
    """Takes every message, or answers the recipients with ``refusal``."""

    port: int = 0
    refusal: str = ""
    recipients: list[list[str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    """A mail server of this machine, one connection at a time."""
    receiver = MailReceiver()
    listener = socket.create_server(("127.0.0.1", 0))
    receiver.port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                _converse(stream, receiver)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield receiver
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _converse(stream: Any, receiver: MailReceiver) -> None:
    def say(line: str) -> None:
        stream.write(f"{line}\r\n".encode())
        stream.flush()

    recipients: list[str] = []
    say("220 here")
    while line := stream.readline():
        verb = line[:4].upper()
        if verb == b"RCPT":
            recipients.append(line.decode().strip().partition(":")[2])
            say(receiver.refusal or "250 ok")
        elif verb == b"DATA":
            say("354 go on")
            lines = []
            while (part := stream.readline()) not in (b".\r\n", b""):
                lines.append(part.decode())
            receiver.messages.append("".join(lines))
            receiver.recipients.append(recipients)
            say("250 taken")
        elif verb == b"QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")
