"""The one place that reads the time. In development an offset file moves the clock for the whole site."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

_offset_file: Path | None = None
_offset_seen: tuple[int, timedelta] = (0, timedelta())


def use_offset_file(path: Path | None) -> None:
    """Let the file at `path`, when it exists, hold an offset in whole seconds; None: real time only."""
    global _offset_file
    _offset_file = path


def offset() -> timedelta:
    """How far the site's clock is from real time (zero in production)."""
    global _offset_seen
    if _offset_file is None:
        return timedelta()
    try:
        changed = _offset_file.stat().st_mtime_ns
    except FileNotFoundError:
        return timedelta()
    if changed != _offset_seen[0]:
        _offset_seen = changed, timedelta(seconds=int(_offset_file.read_text().strip() or 0))
    return _offset_seen[1]


def now() -> datetime:
    """The site's time, in UTC."""
    return datetime.now(UTC) + offset()


def today() -> date:
    """The site's date, in UTC."""
    return now().date()
