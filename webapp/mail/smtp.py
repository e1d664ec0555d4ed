"""Handing one mail to the mail server."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from webapp.extensions import settings
from webapp.mail import addresses
from webapp.mail.models import OutboxMail

TIMEOUT_SECONDS = 10
PORTS = {"smtp": 25, "smtps": 465}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Unreachable(Exception):
    """The mail server is away or does not take any mail just now: try all of them later."""


class Refused(Exception):
    """The mail server will never take this mail."""


class Postponed(Exception):
    """The mail server asks to try this mail later."""


def message(mail: OutboxMail) -> EmailMessage:
    """Build the mail. Its Message-ID is the row's, so that a mail sent again after a crash shows as the same one."""
    name = urlsplit(settings().public_url).hostname or "localhost"
    built = EmailMessage()
    built["From"] = Address(settings().site_name, addr_spec=sender())
    built["To"] = Address(addr_spec=_deliverable(mail.to))
    built["Subject"] = mail.subject
    built["Date"] = format_datetime(mail.created_at)
    digest = hashlib.sha256(f"{mail.id} {mail.created_at.isoformat()} {mail.to}".encode()).hexdigest()[:32]
    built["Message-ID"] = f"<{digest}@{name}>"
    built["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    built.set_content(mail.text)
    if mail.html:
        built.add_alternative(mail.html, subtype="html")
    return built


def sender() -> str:
    found = settings().mail_from or settings().contact_email
    return found or f"no-reply@{urlsplit(settings().public_url).hostname}"


def hand_over(mail: OutboxMail) -> None:
    """Send one mail. Errors: Unreachable, Postponed, Refused."""
    try:
        built = message(mail)
    except ValueError as error:
        raise Refused(f"cannot be written as a mail: {error}") from error
    try:
        with _connect() as server:
            server.send_message(built)
    except smtplib.SMTPRecipientsRefused as error:
        code, reply = next(iter(error.recipients.values()))
        raise _told(code, reply) from error
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise _told(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(str(error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def _connect() -> smtplib.SMTP:
    url = urlsplit(settings().smtp_url.get_secret_value())
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        encrypted = url.scheme == "smtps" or _upgrade(server, context)
        if url.username:
            if not encrypted and host not in LOOPBACK:
                raise smtplib.SMTPException("no TLS offered: the password is not sent in the clear")
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _upgrade(server: smtplib.SMTP, context: ssl.SSLContext) -> bool:
    server.ehlo()
    if not server.has_extn("starttls"):
        return False
    server.starttls(context=context)
    return True


def _deliverable(address: str) -> str:
    """The address with its domain in ASCII, which every mail server takes."""
    found = addresses.check(address)
    return found.ascii_email or found.normalized


def _told(code: int, reply: bytes | str) -> Exception:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return (Refused if 500 <= code < 600 else Postponed)(f"{code} {text}")
