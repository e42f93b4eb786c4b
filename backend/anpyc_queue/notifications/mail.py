"""E-mail by the operator's own server."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from anpyc.outward import Outward, is_mail_address
from anpyc_queue.notifications.outcome import SENT, BadAddress, NotLet, Outcome

SECONDS = 10.0
MOST_RECIPIENTS = 5
_PORTS = {"smtp": 25, "smtps": 465}


def read_recipients(text: str) -> list[str]:
    """The addresses that ``text`` names, with commas between them.

    :raises BadAddress: when one is no plain address, or they are too many.
    """
    recipients = [part.strip() for part in text.split(",")]
    wrong = [part for part in recipients if not is_mail_address(part)]
    if wrong or len(recipients) > MOST_RECIPIENTS:
        raise BadAddress(
            f"Write one to {MOST_RECIPIENTS} plain addresses such as anna@lab.example, with commas between "
            "them."
        )
    return recipients


def require_let(recipients: list[str], outward: Outward) -> None:
    """:raises NotLet: when the operator does not let e-mail go there."""
    for recipient in recipients:
        if not outward.lets_mail(recipient):
            raise NotLet(
                f"E-mail may not go to {recipient}. Whoever runs the dashboard can let it, by naming it or "
                f"@{recipient.rpartition('@')[2]} in ANPYC_NOTIFY_ALLOWED."
            )


def send(
    text: str, outward: Outward, server: str, sender: str, title: str, body: str, delivery_id: str
) -> Outcome:
    """Send a message, once to all of them."""
    try:
        recipients = read_recipients(text)
        require_let(recipients, outward)
    except (BadAddress, NotLet) as error:
        return Outcome("never", error.message)
    message = EmailMessage()
    message["Subject"] = title
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{delivery_id}.anpyc@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{body}\n")
    return _sent(server, message)


def _sent(server: str, message: EmailMessage) -> Outcome:
    try:
        connection = _connected(server)
    except smtplib.SMTPAuthenticationError:
        return Outcome("never", "The mail server did not take the name and password of ANPYC_MAIL_URL.")
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("later", f"The mail server could not be reached: {type(error).__name__}.")
    try:
        refused = connection.send_message(message)
    except smtplib.SMTPRecipientsRefused:
        return Outcome("never", "The mail server took none of the addresses.")
    except smtplib.SMTPResponseException as error:
        passes = 400 <= error.smtp_code < 500
        return Outcome("later" if passes else "never", f"The mail server answered with {error.smtp_code}.")
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("unsure", f"The mail server went away ({type(error).__name__}). It may have arrived.")
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.quit()
    return Outcome("sent", f"Not taken for {', '.join(refused)}.") if refused else SENT


def _connected(server: str) -> smtplib.SMTP:
    parts = urlsplit(server.strip())
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    else:
        connection = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        connection.ehlo()
        if parts.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
        elif parts.scheme == "smtp" and parts.username and not _is_here(host):
            raise smtplib.SMTPException("A password is sent to no server without TLS.")
        if parts.username:
            connection.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        connection.close()
        raise
    return connection


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
