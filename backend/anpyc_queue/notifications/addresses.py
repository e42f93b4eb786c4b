"""Where notifications go, by channel: what can be sent to, what is let, and what of it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from anpyc.outward import Outward, read_outward
from anpyc.settings import Settings
from anpyc_queue.notifications import Channel, chat, mail, web
from anpyc_queue.notifications.outcome import BadAddress


@dataclass(frozen=True)
class ChannelState:
    """Whether a channel can be used, and if not, what to do."""

    channel: Channel
    ready: bool
    hint: str = ""


_NOWHERE = "Whoever runs the dashboard names in ANPYC_NOTIFY_ALLOWED where notifications may go."
_NO_SERVER = "Whoever runs the dashboard sets ANPYC_MAIL_URL and ANPYC_MAIL_FROM."


def channels(settings: Settings) -> list[ChannelState]:
    """All, as this server can use them."""
    outward = outward_of(settings)
    hints: dict[Channel, str] = {
        "browser": "",
        "email": _NO_SERVER if not _has_mail(settings) else "" if outward.mail else _NOWHERE,
        "webhook": "" if outward.web else _NOWHERE,
        "chat": chat.MISSING if not chat.is_installed() else "" if outward.services else _NOWHERE,
    }
    return [ChannelState(channel, not hint, hint) for channel, hint in hints.items()]


def outward_of(settings: Settings) -> Outward:
    """Where the operator lets them go."""
    return read_outward(settings.notify_allowed)


def shown(settings: Settings, channel: Channel, address: str) -> str:
    """What of an address is shown, once it was found to be one that may be sent to.

    :raises BadAddress: when nothing can be sent to it.
    :raises NotLet: when the operator does not let notifications go there.
    """
    outward = outward_of(settings)
    if channel == "browser":
        if address:
            raise BadAddress("A browser needs no address: whoever has the page open is told.")
        return ""
    if channel == "email":
        if not _has_mail(settings):
            raise BadAddress(_NO_SERVER)
        recipients = mail.read_recipients(address)
        mail.require_let(recipients, outward)
        return ", ".join(recipients)[:300]
    if channel == "webhook":
        at = web.read_web_address(address)
        web.require_let(at, outward)
        return f"{at.scheme}://{at.authority}/…"[:300]
    service = chat.read_service(address)
    chat.require_let(service, outward)
    return f"{service.title}: {service.scheme}://{service.host or '…'}"[:300]


def _has_mail(settings: Settings) -> bool:
    return settings.mail_url is not None and settings.mail_from is not None
