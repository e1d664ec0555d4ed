"""Articles from a table: CSV or JSON Lines, one row for each, with the same fields as the front matter and headings.

`system`, `code`, `title`, `author`, `updated` (ISO date), `sources` (in JSON a list; in CSV one in each line of the
cell), and for each section its Markdown under the heading's words, as in `Post-procedure` or `post_procedure`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import yaml

from webapp.codes import article_files
from webapp.codes.importers.files import SourceFile, open_source
from webapp.codes.listing import FileRefused, plain
from webapp.codes.markdown import HEADINGS, KEYS, TEXT_KEYS, Written, parse_article

SUFFIXES = (".csv", ".jsonl")
UNLIMITED = 2**31 - 1

Row = tuple[int, Mapping[str, object]]
"""A row's first line in its file, and its fields by name."""


def _field_name(text: str) -> str:
    """Return a column's name as it is compared: `Post-procedure`, `post procedure` and `post_procedure` are one."""
    return text.strip().lower().replace("-", "_").replace(" ", "_")


SECTIONS = {_field_name(heading): heading for heading in HEADINGS}
FIELDS = (*KEYS, *SECTIONS)


def store(path: Path) -> tuple[int, int]:
    """Store the articles of a folder of Markdown, a .csv or a .jsonl file, in the running transaction.

    Returns how many were read, how many are new or changed; each change leaves a revision. Errors: FileRefused.
    """
    if path.is_dir():
        return article_files.store(path)
    written = read(open_source(path))
    return len(written), sum(map(article_files.store_one, written))


def read(file: SourceFile) -> list[Written]:
    """Read and check all articles of a table. Errors: FileRefused naming file and line."""
    if not file.name.lower().endswith(SUFFIXES):
        raise FileRefused(f"{file.name} is neither a folder of Markdown files nor a .csv or .jsonl file.")
    rows = _rows_of_csv(file) if file.name.lower().endswith(".csv") else _rows_of_json(file)
    found: dict[tuple[str, str], Written] = {}
    for line, fields in rows:
        article = _article(fields, f"{file.name}, line {line}")
        key = (article.system, plain(article.code))
        if key in found:
            raise FileRefused(f"{file.name}, line {line}: {' '.join(key)} stands in the file twice.")
        found[key] = article
    if not found:
        raise FileRefused(f"{file.name} holds no article.")
    return list(found.values())


def _rows_of_csv(file: SourceFile) -> Iterator[Row]:
    csv.field_size_limit(UNLIMITED)
    reader = csv.reader(io.StringIO("\n".join(file.lines()), newline=""), strict=True)
    try:
        header = [_field_name(name) for name in next(reader, [])]
        _check_names(header, f"{file.name}, line 1")
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                if len(cells) != len(header):
                    raise FileRefused(f"{file.name}, line {line}: {len(cells)} columns, not {len(header)}.")
                fields: dict[str, object] = dict(zip(header, cells, strict=True))
                if "sources" in fields:
                    fields["sources"] = [each.strip() for each in str(fields["sources"]).splitlines() if each.strip()]
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(f"{file.name}, line {reader.line_num}: no valid CSV: {error}.") from None


def _rows_of_json(file: SourceFile) -> Iterator[Row]:
    for line, text in enumerate(_decoded(file).split("\n"), 1):  # JSON may hold other line ends inside a text
        if not text.strip():
            continue
        where = f"{file.name}, line {line}"
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FileRefused(f"{where}: no valid JSON: {error}.") from None
        if not isinstance(raw, dict):
            raise FileRefused(f"{where}: a JSON object was expected.")
        names = [_field_name(name) for name in raw]
        _check_names(names, where)
        yield line, dict(zip(names, raw.values(), strict=True))


def _decoded(file: SourceFile) -> str:
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"{file.name} is no text in UTF-8 (byte {error.start}).") from None


def _check_names(names: Iterable[str], where: str) -> None:
    names = list(names)
    for name in names:
        if name not in FIELDS:
            raise FileRefused(f"{where}: {name[:40]!r} is no field of an article; known are {', '.join(FIELDS)}.")
        if names.count(name) > 1:
            raise FileRefused(f"{where}: the field {name!r} stands there twice.")
    for name in (*TEXT_KEYS, "updated"):
        if name not in names:
            raise FileRefused(f"{where}: the field {name!r} is missing.")


def _article(fields: Mapping[str, object], where: str) -> Written:
    """Check a row and write it as a file says it."""
    meta: dict[str, object] = {key: _text(fields, key, where).strip() for key in TEXT_KEYS}
    try:
        meta["updated"] = date.fromisoformat(_text(fields, "updated", where).strip())
    except ValueError:
        raise FileRefused(f"{where}: 'updated' is no date such as 2026-11-21.") from None
    meta["sources"] = _sources(fields, where)
    parts = [(heading, _text(fields, name, where).strip()) for name, heading in SECTIONS.items()]
    body = "\n".join(f"## {heading}\n\n{text}\n" for heading, text in parts if text)
    head = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10**6)
    return parse_article(f"---\n{head}---\n\n{body}", f"{where}: the article that it makes")


def _text(fields: Mapping[str, object], name: str, where: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str | None):
        raise FileRefused(f"{where}: {name!r} is no text.")
    return (value or "").replace("\r\n", "\n").replace("\r", "\n")


def _sources(fields: Mapping[str, object], where: str) -> list[str]:
    sources = fields.get("sources") or []
    if not isinstance(sources, list) or not all(isinstance(each, str) for each in sources):
        raise FileRefused(f"{where}: 'sources' is no list of texts.")
    return sources
