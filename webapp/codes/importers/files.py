"""Files to import: read whole, out of the publisher's zip where they come in one, and known by their SHA-256."""

from __future__ import annotations

import fnmatch
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from webapp.codes.listing import FileRefused

LARGEST_FILE = 512 * 1024 * 1024
"""Bytes; the largest file of any publisher here, unpacked, is well below."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's name and bytes."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def lines(self) -> list[str]:
        """Return the lines of a text file, whatever their ends. Errors: FileRefused if it is no text."""
        try:
            return self.data.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise FileRefused(f"{self.name} is no text in UTF-8 (byte {error.start}).") from None


def fingerprint(file: SourceFile, codes: SourceFile | None = None) -> str:
    """Return the SHA-256 of a file, or of a file with the list of codes that it is read with."""
    return file.sha256 if codes is None else hashlib.sha256((file.sha256 + codes.sha256).encode()).hexdigest()


def open_source(path: Path, member: str = "*") -> SourceFile:
    """Read the file at `path`; of a zip, its one member whose name matches. Errors: FileRefused."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FileRefused(f"{path.name} is larger than any file of this source.")
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}.") from None
    if data.startswith(b"PK\x03\x04"):
        return _unpack(path.name, data, member)
    return SourceFile(path.name, data)


def _unpack(name: str, data: bytes, member: str) -> SourceFile:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            wanted = [
                each
                for each in archive.infolist()
                if not each.is_dir() and fnmatch.fnmatch(Path(each.filename).name.lower(), member)
            ]
            if len(wanted) != 1:
                raise FileRefused(f"{name} holds {len(wanted)} files named like {member}, not one.")
            if wanted[0].file_size > LARGEST_FILE:
                raise FileRefused(f"{wanted[0].filename} in {name} is larger than any file of this source.")
            return SourceFile(Path(wanted[0].filename).name, archive.read(wanted[0]))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise FileRefused(f"{name} is no whole zip file: {error}.") from None
