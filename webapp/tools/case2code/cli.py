"""`flask case2code search`, for people and for programs. It needs no Redis and no running site."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import BinaryIO

import click
from flask.cli import AppGroup

from webapp.codes import finding, telling
from webapp.codes.search import MOST, NAMES, Hit
from webapp.codes.terms.keeping import NotBuilt

cli = AppGroup("case2code", help="Codes for a case in your own words.")

Line = dict[str, object]


class _BadLine(Exception):
    """A line that is no query; `id` is what it calls itself, if that much could be read."""

    def __init__(self, message: str, id: object = None) -> None:
        super().__init__(message)
        self.id = id


@cli.command("search")
@click.argument("words", nargs=-1)
@click.option("--jsonl", is_flag=True, help='Read {"id": …, "q": …} lines on standard input, write a line for each.')
@click.option("--limit", type=click.IntRange(1, MOST), default=10, show_default=True, help="Codes for each query.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="As of a date of service; default: today.")
@click.option("--system", type=click.Choice(list(NAMES)), help="Only codes of this system.")
@click.pass_context
def search_command(
    context: click.Context, words: tuple[str, ...], jsonl: bool, limit: int, day: datetime | None, system: str | None
) -> None:
    """Find codes for WORDS, best first."""
    if bool(words) == jsonl:
        raise click.UsageError("Give words, or --jsonl and lines of JSON on standard input.")
    on = day.date() if day else None
    try:
        if jsonl:
            context.exit(_answer_lines(sys.stdin.buffer, limit, on, system))
        for hit in _find(" ".join(words), limit, on, system):
            told = telling.told(hit, show_terms=True)
            click.echo(f"{hit.key:<9} {hit.title}")
            why = ", ".join([f"found by {told.found_by}", *told.read_as])
            click.echo(f"{'':<9} {hit.system_name}, {hit.score:.2f}, {why}")
    except NotBuilt:
        raise click.ClickException("There is no search index here yet: flask codes terms builds it.") from None


def _answer_lines(lines: BinaryIO, limit: int, on: date | None, system: str | None) -> int:
    """Write a line for each line; return the exit status, 1 if a line was bad."""
    failed = 0
    for line in _lines(lines):
        try:
            id, query = _read(line)
            answer: Line = {"id": id, "results": [_told(hit) for hit in _find(query, limit, on, system)]}
        except _BadLine as error:
            answer, failed = {"id": error.id, "error": str(error)}, 1
        click.echo(json.dumps(answer))  # which flushes: whoever asks line by line gets each answer at once
    return failed


def _lines(given: BinaryIO) -> Iterator[bytes]:
    """Yield lines that hold something, each as soon as it is there."""
    while line := given.readline():
        if line.strip():
            yield line


def _read(line: bytes) -> tuple[object, str]:
    """Return the id and the query of a line. Errors: _BadLine."""
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise _BadLine("this line is no JSON in UTF-8") from None
    if not isinstance(given, dict):
        raise _BadLine("this line is no JSON object")
    query = given.get("q")
    if not isinstance(query, str):
        raise _BadLine('"q" is missing or no text', given.get("id"))
    return given.get("id"), query


def _find(query: str, limit: int, on: date | None, system: str | None) -> list[Hit]:
    return finding.find(query, system, on=on, size=limit).hits


def _told(hit: Hit) -> Line:
    return {"code": hit.key, "system": hit.system, "title": hit.title, "score": hit.score, "why": hit.why}
