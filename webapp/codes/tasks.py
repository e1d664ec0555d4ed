"""What is to be done regularly: a release loaded ahead of its first day becomes current on it."""

from __future__ import annotations

from webapp.codes import releases
from webapp.codes.terms import keeping
from webapp.extensions import transaction
from webapp.jobs.schedule import Every


def activate_due() -> None:
    """Make current the releases whose first day has come."""
    with transaction():
        releases.activate_due()


def keep_terms() -> None:
    """Build the term store anew if the catalogue changed; a look at the database if not."""
    keeping.keep()


SCHEDULE = (Every(3600, activate_due), Every(60, keep_terms))
