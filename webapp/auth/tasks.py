"""Jobs of accounts: forget logins and links that are long over."""

from __future__ import annotations

from datetime import timedelta

from webapp.auth import sessions, tokens
from webapp.core import clock
from webapp.extensions import transaction
from webapp.jobs.schedule import Every

SESSIONS_KEPT = timedelta(days=30)
TOKENS_KEPT = timedelta(days=7)


def forget_old_sessions() -> None:
    with transaction():
        sessions.prune(clock.now() - SESSIONS_KEPT)


def forget_old_tokens() -> None:
    with transaction():
        tokens.prune(clock.now() - TOKENS_KEPT)


def note_visit(session_id: int) -> None:
    """Let the idle limit of a login count from now (a job, so that the visit itself writes nothing)."""
    with transaction():
        sessions.touch(session_id)


SCHEDULE = (Every(24 * 3600, forget_old_sessions), Every(24 * 3600, forget_old_tokens))
