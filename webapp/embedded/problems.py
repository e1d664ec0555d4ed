"""Why a start failed, in one sentence for the operator."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

EXIT_CODE = 2
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NEARLY_NOTHING = 64 * 1024
"""Bytes free below which a failed write is put down to a full disk."""


class StartError(Exception):
    """The site cannot start; the message is one sentence that says what to do."""


def in_words(error: OSError, data: Path) -> str:
    """Say what an error of the operating system means for the start."""
    if error.errno in FULL or disk_is_full(data):
        return full_disk(data)
    reason = error.strerror or error
    return f"DATA: {error.filename} cannot be used: {reason}." if error.filename else f"Cannot start: {reason}."


def full_disk(data: Path) -> str:
    return f"The disk that holds {data} is full: make room and start again."


def disk_is_full(data: Path) -> bool:
    try:
        return shutil.disk_usage(data).free < NEARLY_NOTHING
    except OSError:
        return False
