"""`flask detecticd10cm …`: codes of notes, from standard input to standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime

import click
from flask.cli import AppGroup

from webapp.codes.terms import keeping
from webapp.core.errors import CodeshelfError
from webapp.extensions import db
from webapp.tools.detecticd10cm import batch, service, uploads
from webapp.tools.detecticd10cm.engine import Setting
from webapp.tools.detecticd10cm.uploads import Note

cli = AppGroup("detecticd10cm", help="ICD-10-CM codes in the text of notes.")


@cli.command("detect")
@click.option("--jsonl", is_flag=True, help='Read a note a line, {"id", "text"}, and write {"id", "codes"} for each.')
@click.option("--setting", type=click.Choice(service.SETTINGS), default=service.SETTINGS[0], show_default=True)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day as of which codes are given; default: today.")
def detect(jsonl: bool, setting: Setting, on: datetime | None) -> None:
    """Find codes in notes on standard input: one note as it is, or with --jsonl one a line.

    A line that cannot be read is answered with {"id", "error"}; the others go on, and the exit status is 1.
    """
    try:
        keeping.current()
    except keeping.NotBuilt as trouble:
        raise click.ClickException(f"{trouble.message} `flask codes terms` builds it.") from None
    day = on.date() if on else None
    if not jsonl:
        _show(sys.stdin.buffer.read().decode("utf-8", "replace"), setting, day)
        return
    failed = False
    for line in _lines():
        answer, error = _answer(uploads.of_line(line), setting, day)
        failed = failed or bool(error)
        click.echo(answer, nl=False)
        sys.stdout.flush()
    if failed:
        sys.exit(1)


def _lines() -> Iterator[bytes]:
    return (line for line in iter(sys.stdin.buffer.readline, b"") if line.strip())


def _answer(note: Note, setting: Setting, day: date | None) -> tuple[str, str]:
    """Return the line for a note, and its error."""
    error = "" if note.error == uploads.EMPTY else note.error
    findings = []
    if not error:
        try:
            findings = service.detect(note.text, on=day, setting=setting).findings
        except CodeshelfError as trouble:
            error = trouble.message
        db.session.rollback()  # let go of the read: the next line may be long in coming
    return batch.json_line(note, findings, error), error


def _show(text: str, setting: Setting, day: date | None) -> None:
    try:
        found = service.detect(uploads.made(None, text).text, on=day, setting=setting)
    except CodeshelfError as trouble:
        raise click.ClickException(trouble.message) from None
    for each in found.findings:
        place = f"{each.start}-{each.end}"
        click.echo(f"{each.code:<9} {each.status:<12} {each.score:.2f}  {place:<12} {each.title}")
