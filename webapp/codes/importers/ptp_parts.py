"""The files that NCCI's edits come in: found in paths and zips, and opened as lines without ever being held whole."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import openpyxl

from webapp.codes.importers.files import LARGEST_FILE, WORKBOOK
from webapp.codes.listing import FileRefused

NAME = re.compile(
    r"cci(?P<service>pra|oph)(?:[-_]?v(?P<version>[0-9]{2,3})(?:r(?P<revision>[0-9]+))?)?(?:[-_]f(?P<part>[0-9]+))?"
    r"[^/]*\.(?P<kind>txt|xlsx)",
    re.IGNORECASE,
)
"""`ccipra-v322r0-f1.txt`: practitioner services, version 32.2, revision 0, part 1. `ccioph`: outpatient hospital."""
SERVICES = {"pra": "p", "oph": "h"}
MEMBERS = ("ccipra*.txt", "ccioph*.txt", "ccipra*.xlsx", "ccioph*.xlsx")
"""Patterns of the members of a zip, for the registry."""
HELD_IN_MEMORY = 8 * 1024 * 1024
CHUNK = 1024 * 1024
MOST_STRINGS = 32 * 1024 * 1024
"""Bytes of a workbook's shared strings, which are held in memory; codes and dates of all edits need a tenth of it."""
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a zip raises where it is not whole, or packed or locked in a way that Python cannot undo."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a table, maybe inside a zip. `version` is as in its name, `322`, empty where the name tells none."""

    path: Path
    member: str | None
    name: str
    size: int
    service: str
    version: str
    revision: int
    number: int

    def sha256(self) -> str:
        """Return the hash of the file as it is outside any zip. Errors: FileRefused."""
        digest = hashlib.sha256()
        with self._opened() as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    @contextlib.contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        """Open the file as lines with their ends; a workbook's rows as lines too, its cells parted by tabs.

        Errors: FileRefused, also while the lines are read.
        """
        with self._opened() as stream:
            if self.name.lower().endswith(".xlsx"):
                with _seekable(stream) as seekable:
                    yield _lines_of_workbook(self.name, seekable)
            else:
                start = 3 if stream.read(3) == b"\xef\xbb\xbf" else 0
                stream.seek(start)
                yield io.TextIOWrapper(stream, encoding="latin-1")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            if self.member is None:
                with self.path.open("rb") as stream:
                    yield stream
            else:
                with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                    yield stream
        except BROKEN as error:
            raise FileRefused(f"{self.name} in {self.path.name} is no whole file: {error}.") from None
        except OSError as error:
            raise FileRefused(f"{self.path.name} cannot be read: {error.strerror}.") from None


def parts_in(path: Path) -> list[Part]:
    """Return the parts that a file holds: itself, or what a zip has; of a zip with both, the text files.

    Errors: FileRefused if there is none.
    """
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                if WORKBOOK not in archive.namelist():
                    return _members(path, archive)
        except BROKEN as error:
            raise FileRefused(f"{path.name} is no whole zip file: {error}.") from None
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FileRefused(f"{path.name} cannot be read: {error.strerror}.") from None
    part = _part(path, None, path.name, size)
    if part is None:
        raise FileRefused(f"{path.name} is not named like ccipra-v322r0-f1.txt or ccioph-v322r0-f1.xlsx.")
    return [part]


def _members(path: Path, archive: zipfile.ZipFile) -> list[Part]:
    found = [
        part
        for each in archive.infolist()
        if (part := _part(path, each.filename, Path(each.filename).name, each.file_size)) is not None
    ]
    if not found:
        raise FileRefused(f"{path.name} holds no file named like ccipra-v322r0-f1.txt or ccioph-v322r0-f1.xlsx.")
    return [part for part in found if part.name.lower().endswith(".txt")] or found


def _part(path: Path, member: str | None, name: str, size: int) -> Part | None:
    match = NAME.fullmatch(name)
    if match is None:
        return None
    if size > LARGEST_FILE:
        raise FileRefused(f"{name} is larger than any file of this source.")
    service = SERVICES[match["service"].lower()]
    revision, number = int(match["revision"] or 0), int(match["part"] or 1)
    return Part(path, member, name, size, service, match["version"] or "", revision, number)


@contextlib.contextmanager
def _seekable(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Copy a workbook out of its zip: its reader jumps about in it."""
    with tempfile.SpooledTemporaryFile(HELD_IN_MEMORY) as copy:
        while chunk := stream.read(CHUNK):
            copy.write(chunk)
        copy.seek(0)
        yield copy


def _lines_of_workbook(name: str, stream: IO[bytes]) -> Iterator[str]:
    """Yield the rows of the first sheet; blank cells at the end are left out."""
    try:
        with zipfile.ZipFile(stream) as archive:
            _check(name, archive)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that it leaves out
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # the stated ones are often wrong
        for row in sheet.iter_rows(values_only=True):
            yield "\t".join(_shown(value) for value in row) + "\n"
    except FileRefused:
        raise
    except Exception as error:  # noqa: BLE001  # the package lets through whatever its parsing meets
        raise FileRefused(f"{name} is no whole workbook: {type(error).__name__}: {error}.") from None


def _check(name: str, archive: zipfile.ZipFile) -> None:
    """Refuse what unpacks to more than any file of this kind, and documents that could define entities."""
    for member in archive.infolist():
        most = MOST_STRINGS if member.filename.endswith("sharedStrings.xml") else LARGEST_FILE
        if member.file_size > most:
            raise FileRefused(f"{member.filename} in {name} is larger than that of any file of this source.")
        with archive.open(member) as part:
            if b"<!DOCTYPE" in part.read(4096).replace(b"\0", b"").upper():
                raise FileRefused(f"{member.filename} in {name} declares a document type.")


def _shown(value: object) -> str:
    """Return a cell as text on one line: numbers without a fraction, captions without their line ends."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else " ".join(str(value).split())
