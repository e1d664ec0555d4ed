"""Notes from uploaded files, read in memory: text files, CSV and JSON lines. Nothing is written to disk."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import PurePath

from webapp.tools.detecticd10cm.reading import LONGEST_TEXT

LARGEST_BATCH = 2 * 1024 * 1024
"""Bytes of all files of a batch."""
MOST_NOTES = 500
LONGEST_ID = 200
"""Characters; a longer one is cut."""
TEXT_COLUMNS = ("text", "note")
"""Columns that hold the notes of a CSV file if none is named."""
Id = str | int | float | None
_LINE_ENDS = re.compile(r"(?:\r\n)+")

EMPTY = "The note is empty."
TOO_LONG = f"A note has at most {LONGEST_TEXT:,} characters."
NO_OBJECT = "This line is no JSON object with an id and a text."


class FileRefused(ValueError):
    """A file that cannot be read as notes; the message is for the reader."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a batch, or what is wrong with it if `error` is not empty."""

    id: Id
    text: str
    error: str = ""


def read(files: Sequence[Sent], column: str = "", id_column: str = "") -> list[Note]:
    """Return the notes of a batch. `column`, `id_column`: names of a CSV file's columns. Errors: FileRefused."""
    if not files:
        raise FileRefused("Choose a file.")
    if sum(len(file.data) for file in files) > LARGEST_BATCH:
        raise FileRefused(f"Send {LARGEST_BATCH // 1024 // 1024} MB at most.")
    notes: list[Note] = []
    for file in files:
        for note in _notes(file, column.strip(), id_column.strip()):
            notes.append(note)
            if len(notes) > MOST_NOTES:
                raise FileRefused(f"Send {MOST_NOTES} notes at most.")
    if not notes:
        raise FileRefused("There is no note in this file." if len(files) == 1 else "There is no note in these files.")
    return notes


def _notes(file: Sent, column: str, id_column: str) -> Iterable[Note]:
    path = PurePath(file.name.replace("\\", "/"))
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused(f"{path.name}: this file is not UTF-8 text.") from None
    kind = path.suffix.lower()
    if kind == ".csv":
        return _of_table(text, column, id_column)
    if kind in (".jsonl", ".ndjson"):
        return _of_lines(text)
    if kind == ".txt":
        return [made(path.stem, text)]
    raise FileRefused(f"{path.name}: send files that end in .txt, .csv or .jsonl.")


def made(id: Id, text: str) -> Note:
    """Return a note, with an error if its text cannot be read. Its places stay those of the text that was sent."""
    text = _LINE_ENDS.sub(_as_long, text).replace("\r", "\n")
    short = id[:LONGEST_ID] if isinstance(id, str) else id
    return Note(short, text, EMPTY if not text.strip() else TOO_LONG if len(text) > LONGEST_TEXT else "")


def _as_long(ends: re.Match[str]) -> str:
    """Return line ends of one character each, and blanks: blank lines stay blank lines, and all places stay."""
    count = len(ends[0]) // 2
    return " " + "\n" * count + " " * (count - 1)


def of_line(line: str | bytes) -> Note:
    """Return the note of a line of JSON, as in {"id": "a", "text": "…"}."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Note(None, "", NO_OBJECT)
    if not isinstance(value, dict):
        return Note(None, "", NO_OBJECT)
    id, text = value.get("id"), value.get("text")
    if not (id is None or isinstance(id, str | int) or (isinstance(id, float) and isfinite(id))):
        return Note(None, "", "An id is a text or a number.")
    return made(id, text) if isinstance(text, str) else Note(id, "", "There is no text in this line.")


def _of_lines(text: str) -> Iterator[Note]:
    for line in text.split("\n"):
        if line.strip():
            yield of_line(line)


def _of_table(text: str, column: str, id_column: str) -> Iterator[Note]:
    csv.field_size_limit(LARGEST_BATCH)
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(rows, [])]
        at, id_at = _column(header, column), _id_column(header, id_column)
        for number, row in enumerate((row for row in rows if any(cell.strip() for cell in row)), 1):
            id = row[id_at] if id_at is not None and id_at < len(row) else str(number)
            yield made(id, row[at]) if at < len(row) else Note(id, "", "This row is too short.")
    except csv.Error:
        raise FileRefused("This file is no CSV table.") from None


def _column(header: Sequence[str], asked: str) -> int:
    names = [name.casefold() for name in header]
    if asked:
        if asked.casefold() in names:
            return names.index(asked.casefold())
        raise FileRefused(f"There is no column “{asked[:60]}” in the first line.")
    for name in TEXT_COLUMNS:
        if name in names:
            return names.index(name)
    if len(header) == 1:
        return 0
    raise FileRefused("Name the column that holds the notes, as the first line of the file has it.")


def _id_column(header: Sequence[str], asked: str) -> int | None:
    names = [name.casefold() for name in header]
    if asked and asked.casefold() not in names:
        raise FileRefused(f"There is no column “{asked[:60]}” in the first line.")
    wanted = asked.casefold() or "id"
    return names.index(wanted) if wanted in names else None
