"""The payment sandbox that runs beside a site without a Stripe key: where it listens, and how the site reaches it."""

from __future__ import annotations

import hashlib
import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from config import Settings
from webapp.embedded import folder, server

HOST = "127.0.0.1"
LOAD_SECONDS = 30.0


def is_wanted(settings: Settings) -> bool:
    """Whether this run starts one: never in production, nor where payments are set up or switched off."""
    has_payments = settings.stripe_secret_key.get_secret_value() or settings.stripe_api_base
    return settings.payment_sandbox and not settings.production and not has_payments


def command(settings: Settings) -> list[str]:
    """Return the command line. Its port is the one after the site's, or any free one."""
    webhook = f"{server.address(settings)}/webhooks/stripe"
    own = ("--data", str(settings.data.resolve()), "--port", str(_port(settings.port + 1)), "--webhook-url", webhook)
    return [sys.executable, "-m", "webapp.billing.sandbox", *own]


def forget(settings: Settings) -> None:
    """Remove what an earlier run left for the site."""
    _credentials(settings).unlink(missing_ok=True)


def is_ready(settings: Settings) -> bool:
    return _credentials(settings).exists()


def environment(settings: Settings) -> Mapping[str, str]:
    """Return the settings that lead the site to the sandbox."""
    found = json.loads(_credentials(settings).read_text())
    return {
        "STRIPE_SECRET_KEY": found["key"],
        "STRIPE_API_BASE": found["url"],
        "STRIPE_WEBHOOK_SECRETS": ",".join(found["webhook_secrets"]),
    }


def needs_catalogue(settings: Settings) -> bool:
    """Whether the plan catalogue was changed since it was last sent to the sandbox."""
    return not _pushed(settings).exists() or _pushed(settings).read_text() != _digest(settings)


def note_catalogue(settings: Settings) -> None:
    """Note that the sandbox has the plan catalogue as it is."""
    _pushed(settings).write_text(_digest(settings))


def log_file(settings: Settings) -> Path:
    return folder.run_folder(settings.data) / "sandbox.log"


def _digest(settings: Settings) -> str:
    return hashlib.sha256(settings.plans_file.read_bytes() + settings.public_url.encode()).hexdigest()


def _pushed(settings: Settings) -> Path:
    return folder.run_folder(settings.data) / "catalogue_in_sandbox"


def _credentials(settings: Settings) -> Path:
    return settings.data.resolve() / "sandbox.json"


def _port(wanted: int) -> int:
    """Return a port that is free now, the wanted one if it is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free on 127.0.0.1")
