"""A batch: many notes answered in one stream, a note at a time, inside the request. No text leaves the memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic

import structlog
from flask import Flask

from webapp.codes import export
from webapp.core.errors import CodeshelfError
from webapp.tools.detecticd10cm import rows, service
from webapp.tools.detecticd10cm.engine import Finding, Setting
from webapp.tools.detecticd10cm.uploads import Note
from webapp.tools.quotas import Held
from webapp.tools.streams import Place

log = structlog.get_logger(__name__)

LONGEST_SECONDS = 600
"""How long a batch may take: below the time after which a use that is held counts as left behind."""
TOO_LATE = "The batch took too long: this note was not read. Send it again."
FAILED = "This note could not be read. The fault is on our side."
HEADER = ("note", "id", *rows.HEADER, "error")


@dataclass(frozen=True, slots=True)
class Read:
    """A note with its findings, or with an error. `number` counts the notes of a batch from 1."""

    number: int
    note: Note
    findings: Sequence[Finding]
    error: str


Writer = Callable[[Read], str]


@dataclass(frozen=True, slots=True)
class How:
    """How the notes of a batch are to be read."""

    setting: Setting
    on: date | None


def csv_writer(sections: Collection[str]) -> Writer:
    """Return what writes a row for each finding, and one for a note without any."""

    def write(read: Read) -> str:
        found: list[rows.Row] = rows.rows(read.findings, sections) or [(None,) * len(rows.HEADER)]
        table = [(read.number, read.note.id, *row, read.error) for row in found]
        return f"{export.BOM}{_lines([HEADER])}{_lines(table)}" if read.number == 1 else _lines(table)

    return write


def _lines(table: Sequence[rows.Row]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([export.safe(value) for value in row] for row in table)
    return text.getvalue()


def json_writer(read: Read) -> str:
    """Return a line of JSON for a note, in ASCII."""
    return json_line(read.note, read.findings, read.error)


def json_line(note: Note, findings: Sequence[Finding], error: str) -> str:
    """Return {"id", "codes"} or {"id", "error"} as a line."""
    told = {"error": error} if error else {"codes": rows.objects(findings)}
    return json.dumps({"id": note.id, **told}) + "\n"


class Stream:
    """The answer's body. Whatever happens, `close` settles the uses at what was done and gives the place back.

    A class and no generator: the server closes also what was never begun, and a generator would not hear of it.
    """

    def __init__(
        self, app: Flask, notes: Sequence[Note], how: How, write: Writer, held: Held | None, place: Place
    ) -> None:
        self._app, self._notes, self._how, self._write = app, notes, how, write
        self._held, self._place = held, place
        self._at, self._done, self._closed = 0, 0, False
        self._end = monotonic() + LONGEST_SECONDS

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._closed or self._at >= len(self._notes):
            self.close()
            raise StopIteration
        note = self._notes[self._at]
        self._at += 1
        return self._write(self._read(note)).encode("utf-8", "replace")

    def close(self) -> None:
        """End the stream: the uses of notes that were not read are given back."""
        if self._closed:
            return
        self._closed = True
        self._notes = ()
        try:
            if self._held is not None:
                self._held.settle(self._done)
        finally:
            self._place.leave()

    def _read(self, note: Note) -> Read:
        error = note.error or (TOO_LATE if monotonic() > self._end else "")
        findings: list[Finding] = []
        if not error:
            findings, error = self._detect(note.text)
        if not error:
            self._done += 1
        return Read(self._at, note, findings, error)

    def _detect(self, text: str) -> tuple[list[Finding], str]:
        """Return the findings of a text, or an error. The context is the note's own: the request's may be gone."""
        try:
            with self._app.app_context():
                return service.detect(text, on=self._how.on, setting=self._how.setting).findings, ""
        except CodeshelfError as error:
            return [], error.message
        except Exception as error:  # noqa: BLE001 - the other notes must not fail with this one
            # Its message may repeat the note: tell its kind alone.
            log.error("a note of a batch failed", kind=type(error).__name__)
            return [], FAILED
