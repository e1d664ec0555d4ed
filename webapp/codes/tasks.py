"""What is to be done regularly: a release loaded ahead of its first day becomes current on it."""

from __future__ import annotations

from webapp.codes import releases
from webapp.extensions import transaction
from webapp.jobs.schedule import Every


def activate_due() -> None:
    """Make current the releases whose first day has come."""
    with transaction():
        releases.activate_due()


SCHEDULE = (Every(3600, activate_due),)
