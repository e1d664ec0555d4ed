"""The one place that reads the time. In development an offset file moves the clock for the whole site."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

LOOK_SECONDS = 0.1
"""How often the offset file is looked at: a request reads the clock several times."""

_offset_file: Path | None = None
_offset = timedelta()
_look_at = 0.0


def use_offset_file(path: Path | None) -> None:
    """Let the file at `path`, when it exists, hold an offset in whole seconds; None: real time only."""
    global _offset_file, _offset, _look_at
    _offset_file, _offset, _look_at = path, timedelta(), 0.0


def offset() -> timedelta:
    """How far the site's clock is from real time (zero in production)."""
    global _offset, _look_at
    if _offset_file is not None and time.monotonic() >= _look_at:
        _look_at = time.monotonic() + LOOK_SECONDS
        try:
            _offset = timedelta(seconds=int(_offset_file.read_text().strip() or 0))
        except FileNotFoundError:
            _offset = timedelta()
    return _offset


def now() -> datetime:
    """The site's time, in UTC."""
    return real_now() + offset()


def real_now() -> datetime:
    """The machine's time, in UTC: for signatures, leases and pauses, which a moved clock must not touch."""
    return datetime.now(UTC)


def today() -> date:
    """The site's date, in UTC."""
    return now().date()
