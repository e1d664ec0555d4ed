"""What a reader sends: a note, or a sample note, and how it is to be read. Nothing of it is kept."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from wtforms import DateField, Form, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from webapp.core import clock
from webapp.core.signing import Signet
from webapp.extensions import settings
from webapp.tools.detecticd10cm.engine import Setting
from webapp.tools.detecticd10cm.reading import LONGEST_TEXT
from webapp.tools.detecticd10cm.samples import SAMPLES
from webapp.tools.detecticd10cm.service import SETTINGS

SETTING_NAMES: dict[Setting, str] = {
    "auto": "As the note tells",
    "outpatient": "Outpatient",
    "inpatient": "Inpatient",
}
FREE_SECONDS = 3600
"""For how long a note that was counted may be sent again: for the list, a file, or in another setting."""


class ReadingForm(Form):  # type: ignore[misc]  # wtforms has no types
    """How notes are to be read."""

    setting = SelectField(
        "Setting",
        choices=[SelectChoice(key, SETTING_NAMES[key]) for key in SETTINGS],
        default=SETTINGS[0],
        description="In a hospital stay, what is uncertain is coded.",
    )
    on = DateField("Date of service", [Optional()], description="Empty: the codes of today.")

    @property
    def chosen_setting(self) -> Setting:
        return next(key for key in SETTINGS if key == self.setting.data)

    @property
    def day(self) -> date | None:
        found: date | None = self.on.data
        return found


class NoteForm(ReadingForm):
    """One note."""

    text = TextAreaField("Note", description=f"Free text of any kind, {LONGEST_TEXT:,} characters at most.")

    def validate_text(self, field: TextAreaField) -> None:
        if not (field.data or "").strip():
            raise ValidationError("Write or paste a note.")
        if len(field.data) > LONGEST_TEXT:
            length = len(field.data)
            raise ValidationError(f"A note has at most {LONGEST_TEXT:,} characters, and this one has {length:,}.")


class BatchForm(ReadingForm):
    """Several notes in a file; the file itself is read apart."""

    column = StringField("Column of the notes", description="By its name in the first line. For CSV files only.")
    id_column = StringField("Column of the ids", description="May stay empty: then notes are numbered.")
    format = SelectField(
        "Answer as",
        description="As a table, or for programs.",
        choices=[
            SelectChoice("csv", "CSV, a row for each code"),
            SelectChoice("jsonl", "JSON lines, one for each note"),
        ],
        default="csv",
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A note form with the sample that was chosen, empty for a note of the reader's own."""

    form: NoteForm
    sample: str

    @property
    def text(self) -> str:
        found: str = self.form.text.data
        return found


def asked() -> Asked:
    """Return what was posted. Line ends are made one character each, so that places count the same everywhere."""
    values: Any = request.form.copy()
    sample = _sample(values.get("sample", ""))
    if sample:
        values["text"] = SAMPLES[sample].text
    values["text"] = one_kind_of_line_end(values.get("text", ""))
    return Asked(NoteForm(values), sample)


def one_kind_of_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _sample(asked_for: str) -> str:
    """Return the key of a sample; anything that names none is the first one."""
    if not asked_for:
        return ""
    return asked_for if asked_for in SAMPLES else next(iter(SAMPLES))


def receipt(subject: str, text: str) -> str:
    """Return what lets a reader send a note again for a while without another use. It holds nothing of the note but
    a keyed hash.
    """
    return _signet().sign(f"{int(clock.now().timestamp())}.{_mark(subject, text)}")


def is_paid(subject: str, text: str, given: str) -> bool:
    """Whether a receipt is for this reader and note, and fresh."""
    moment, _, mark = (_signet().read(given) or "").partition(".")
    if not moment.isdecimal() or not hmac.compare_digest(mark.encode(), _mark(subject, text).encode()):
        return False
    return 0 <= clock.now().timestamp() - int(moment) <= FREE_SECONDS


def _mark(subject: str, text: str) -> str:
    key = settings().signing_keys()[0].encode()
    return hmac.digest(key, f"{subject} {text}".encode("utf-8", "surrogatepass"), hashlib.sha256).hex()


def _signet() -> Signet:
    return Signet(settings().signing_keys(), "note")
