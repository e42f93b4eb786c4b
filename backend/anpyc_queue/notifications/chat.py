"""Chat services through Apprise, which speaks to well over a hundred of them.

It runs in a process of its own, :mod:`anpyc_queue.notifications.chat_process`, that can connect only to what
is let, whatever an address or a service's answer says, and that knows nothing of the dashboard.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from anpyc.outward import Outward
from anpyc_queue.notifications.outcome import SENT, BadAddress, NotLet, Outcome
from anpyc_queue.notifications.words import unmentioned

SECONDS = 25.0
MISSING = "Chat services need Apprise on the server: `pip install 'anpyc-dashboard[notify]'`."
_UNKNOWN = (
    "Apprise knows no service of such an address. See https://appriseit.com/services for how they are "
    "written: slack://…, discord://…, tgram://…"
)
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "HOME", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Service:
    """What Apprise takes an address for."""

    scheme: str
    host: str
    """Empty where the service has none of its own."""
    title: str


def is_installed() -> bool:
    """Whether Apprise is."""
    return importlib.util.find_spec("apprise") is not None


def read_service(text: str) -> Service:
    """The service that ``text`` is an address of.

    :raises BadAddress: when it is of none, or Apprise is not installed.
    """
    if not is_installed():
        raise BadAddress(MISSING)
    try:
        answer = _asked({"do": "read", "url": text})
    except (subprocess.SubprocessError, OSError, ValueError):
        answer = {}
    if "scheme" not in answer:
        raise BadAddress(_UNKNOWN)
    return Service(str(answer["scheme"]), str(answer["host"]), str(answer["title"]))


def require_let(service: Service, outward: Outward) -> None:
    """:raises NotLet: when the operator does not let notifications go there."""
    if not outward.lets_service(service.scheme, service.host):
        raise NotLet(_not_let(service))


def send(text: str, outward: Outward, title: str, body: str) -> Outcome:
    """Send a message, if its service is still one that is let."""
    if not is_installed():
        return Outcome("never", MISSING)
    order = {
        "do": "send",
        "url": text,
        "title": unmentioned(title),
        "body": unmentioned(body),
        "allowed": list(outward.entries),
    }
    try:
        answer = _asked(order)
    except subprocess.TimeoutExpired:
        return Outcome("unsure", f"The service took longer than {SECONDS:.0f} s. It may have arrived.")
    except (subprocess.SubprocessError, OSError, ValueError):
        return Outcome("unsure", "The service could not be asked to the end. It may have arrived.")
    if "scheme" not in answer:
        return Outcome("never", _UNKNOWN)
    if not answer.get("sent", False):
        return _not_sent(Service(**{name: answer[name] for name in ("scheme", "host", "title")}), answer)
    return SENT


def _not_sent(service: Service, answer: dict[str, Any]) -> Outcome:
    if not answer.get("let"):
        return Outcome("never", _not_let(service))
    if answer.get("refused"):
        return Outcome("never", str(answer["refused"]))
    if not answer.get("connected"):
        return Outcome("later", f"{service.title} could not be reached.")
    return Outcome("never", f"{service.title} did not take it. Check the address, and send a test.")


def _asked(order: dict[str, Any]) -> dict[str, Any]:
    """By standard input: what is secret stands in no list of processes."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "-m", "anpyc_queue.notifications.chat_process"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
        env=environment,
    )
    answer = json.loads(ran.stdout.splitlines()[-1] if ran.stdout else "{}")
    return answer if isinstance(answer, dict) else {}


def _not_let(service: Service) -> str:
    return (
        f"Notifications may not go to {service.scheme}://{service.host}. Whoever runs the dashboard can let "
        "them, with ANPYC_NOTIFY_ALLOWED."
    )
