"""Files that staff send in: in a folder of their own below DATA/uploads, which the site's user alone may open."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import IO

from webapp.core import clock
from webapp.core.errors import Unavailable
from webapp.extensions import settings

LONGEST_NAME = 150
ODD = re.compile(r"[^\w.() +,-]")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
ABANDONED = timedelta(days=1)
"""A folder that no job names is of an upload that broke off; after so long it is deleted."""


class Folder:
    """A new folder with a random name. Importers read names, so each file keeps its own, in a folder of its own."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(16)
        self.path = root() / self.name
        self.path.mkdir(mode=0o700)
        self._open: list[IO[bytes]] = []

    def open(self, filename: str | None, **_: object) -> IO[bytes]:
        """Make a file for what is sent under a name: a stream factory of Werkzeug's form parser."""
        place = self.path / str(len(self._open))
        place.mkdir(mode=0o700)
        path = place / safe_name(filename or "")
        self._open.append(open(path, "x+b", opener=_own))  # noqa: SIM115 - Path.open takes no opener
        return self._open[-1]

    def close(self) -> None:
        """Close its files, so that all of them is on its way to the disk."""
        for each in self._open:
            each.close()


@contextlib.contextmanager
def receiving() -> Iterator[Folder]:
    """A folder for what is being sent; if it ends with an error, nothing stays. Errors: Unavailable on a full disk."""
    folder = Folder()
    try:
        with contextlib.closing(folder):
            yield folder
    except BaseException as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise Unavailable("The disk of this site has no room for the file.") from error
        raise


def _own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def safe_name(name: str) -> str:
    """Return the last part of a file's name without odd characters; its end, with the suffix, is kept."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return ODD.sub("_", last).lstrip(". ")[-LONGEST_NAME:] or "file"


def root() -> Path:
    """The folder of all uploads, made if need be."""
    path = settings().data.resolve() / "uploads"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def delete(folder: str) -> None:
    """Delete a folder with its files, if it is there."""
    if folder:
        shutil.rmtree(root() / folder, ignore_errors=True)


def delete_abandoned(known: set[str]) -> None:
    """Delete folders that no job names, but for those that may be on their way in."""
    before = (clock.real_now() - ABANDONED).timestamp()
    for path in root().iterdir():
        if path.name not in known and path.stat().st_mtime < before:
            shutil.rmtree(path, ignore_errors=True)
