"""Files to import: read whole, out of the publisher's zip where they come in one, and known by their SHA-256."""

from __future__ import annotations

import fnmatch
import hashlib
import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from webapp.codes.listing import FileRefused

WORKBOOK = "[Content_Types].xml"
"""The member that makes a zip a workbook."""
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


def open_source(path: Path, members: Sequence[str] = ("*",)) -> SourceFile:
    """Read the file at `path`; of a zip, its one member whose name matches the first pattern that fits any.

    A workbook (xlsx) is a zip too, and is returned as it is. Errors: FileRefused.
    """
    data = _bytes_of(path)
    return (
        _unpack(path.name, data, lambda held: [_one(path.name, held, members)])[0]
        if _is_zip(data)
        else SourceFile(path.name, data)
    )


def open_all(path: Path, members: Sequence[str]) -> list[SourceFile]:
    """Read the file at `path`; of a zip, all of its members whose names match any pattern. Errors: FileRefused."""
    data = _bytes_of(path)
    return (
        _unpack(path.name, data, lambda held: _any(path.name, held, members))
        if _is_zip(data)
        else [SourceFile(path.name, data)]
    )


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FileRefused(f"{path.name} is larger than any file of this source.")
        return path.read_bytes()
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}.") from None


def _is_zip(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def _unpack(name: str, data: bytes, choose: Callable[[list[ZipInfo]], list[ZipInfo]]) -> list[SourceFile]:
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            if WORKBOOK in archive.namelist():
                return [SourceFile(name, data)]
            wanted = choose([each for each in archive.infolist() if not each.is_dir()])
            if sum(each.file_size for each in wanted) > LARGEST_FILE:
                raise FileRefused(f"{wanted[0].filename} in {name} is larger than any file of this source.")
            return [SourceFile(_name_of(each), archive.read(each)) for each in wanted]
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise FileRefused(f"{name} is no whole zip file: {error}.") from None


def _one(name: str, held: list[ZipInfo], members: Sequence[str]) -> ZipInfo:
    for pattern in members:
        wanted = [each for each in held if fnmatch.fnmatch(_name_of(each).lower(), pattern)]
        if len(wanted) == 1:
            return wanted[0]
        if wanted:
            raise FileRefused(f"{name} holds {len(wanted)} files named like {pattern}, not one.")
    raise _nothing(name, members)


def _any(name: str, held: list[ZipInfo], members: Sequence[str]) -> list[ZipInfo]:
    wanted = [each for each in held if any(fnmatch.fnmatch(_name_of(each).lower(), pattern) for pattern in members)]
    if not wanted:
        raise _nothing(name, members)
    return wanted


def _nothing(name: str, members: Sequence[str]) -> FileRefused:
    return FileRefused(f"{name} holds no file named like {' or '.join(members)}.")


def _name_of(member: ZipInfo) -> str:
    return Path(member.filename).name
