"""`flask codes …` as the operator uses it. A file that is not whole changes nothing and gets a clear sentence."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.codes import tabular
from webapp.codes import service
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import SourceFile, open_source
from webapp.codes.listing import FileRefused
from webapp.extensions import db

WHOLE = tabular.XML.encode()


def run(app: Flask, *arguments: object) -> Result:
    return app.test_cli_runner().invoke(args=["codes", *map(str, arguments)])


def load(app: Flask, folder: Path, *options: str, data: bytes = WHOLE, name: str = tabular.FILE_NAME) -> Result:
    (folder / name).write_bytes(data)
    (folder / "codes.txt").write_text(tabular.CODES)
    return run(app, "import", "icd10cm-tabular", folder / name, "--codes", folder / "codes.txt", *options)


def rows(app: Flask) -> tuple[int, ...]:
    tables = ("code_release", "code", "code_version", "code_note", "code_document")
    with app.app_context():
        return tuple(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables)


def test_an_import_tells_what_it_did(database: Flask, tmp_path: Path) -> None:
    result = load(database, tmp_path)
    assert result.output == (
        "April 2026 (2026-04-01 to 2026-09-30) is loaded.\n"
        "  icd10cm-tabular: 19 added, 0 changed, 0 ended, 19 in all\n"
        "19 read, 0 refused\n"
    )
    assert result.exit_code == 0


def test_the_second_time_there_is_nothing_to_do(database: Flask, tmp_path: Path) -> None:
    load(database, tmp_path)
    before = rows(database)
    assert load(database, tmp_path).output == "April 2026: this file is loaded already, nothing to do.\n"
    assert rows(database) == before


def test_a_dry_run_changes_nothing(database: Flask, tmp_path: Path) -> None:
    result = load(database, tmp_path, "--dry-run")
    assert "April 2026 (2026-04-01 to 2026-09-30) would be loaded.\n  icd10cm-tabular: 19 added" in result.output
    assert set(rows(database)) == {0}
    with database.app_context():
        assert service.document("icd-10-cm", "A00.9") is None


def test_name_and_day_may_be_given(database: Flask, tmp_path: Path) -> None:
    assert "at most 60 characters" in load(database, tmp_path, "--release", "Spring " * 10).output
    assert "0026-05-01 is no first day" in load(database, tmp_path, "--effective", "0026-05-01").output
    result = load(database, tmp_path, "--release", "Spring 2026", "--effective", "2026-05-01")
    assert result.output.startswith("Spring 2026 (2026-05-01 to 2026-09-30) is loaded.")


def test_what_was_refused_is_listed(database: Flask, tmp_path: Path) -> None:
    marks = "".join(f"<moon{number}/>" for number in range(25))
    result = load(database, tmp_path, data=WHOLE.replace(b"<name>B10</name>", b"<name>B10</name>" + marks.encode()))
    assert (
        "0 ended, 19 in all\n19 read, 25 refused\n  B10: <moon0> is no element known here, left out\n" in result.output
    )
    assert result.output.endswith("  and 5 more\n")


def test_releases_are_listed_with_the_one_that_readers_see(database: Flask, tmp_path: Path) -> None:
    assert run(database, "releases").output == "Nothing is loaded yet.\n"
    load(database, tmp_path)
    (line,) = run(database, "releases").output.splitlines()
    assert line.startswith("* icd-10-cm (icd10cm-tabular)   April 2026")
    assert "2026-04-01 to 2026-09-30  19 rows, 19 added" in line


def test_articles_and_rows_are_imported(database: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "articles" / "hcpcs"
    folder.mkdir(parents=True)
    (folder / "G0000.md").write_text(
        "---\nsystem: hcpcs\ncode: G0000\ntitle: T\nauthor: Bob\nupdated: 2026-01-01\n---\n\n## Indications\n\nSome.\n"
    )
    (tmp_path / "rows.csv").write_text(
        "system,code,section,field,value,meaning,source\nhcpcs,G0000,information,a,b,c,d\n"
    )
    assert run(database, "import", "articles", folder.parent).output == "1 articles read, 1 new or changed.\n"
    result = run(database, "import", "information", tmp_path / "rows.csv")
    assert result.output == "1 rows read, 1 codes new or changed.\n"


def test_a_zip_is_read_as_the_publisher_ships_it(database: Flask, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"Table and Index/{tabular.FILE_NAME}", WHOLE)
        archive.writestr("Table and Index/icd10cm-index-2026.xml", b"<x/>")
    result = load(database, tmp_path, data=packed.getvalue(), name="release.zip")
    assert result.output.startswith("April 2026 (2026-04-01 to 2026-09-30) is loaded.")


def test_a_zip_without_the_file_is_refused(database: Flask, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("other.xml", WHOLE)
    result = load(database, tmp_path, data=packed.getvalue(), name="release.zip")
    assert result.output == "Error: release.zip holds no file named like *tabular*.xml.\n"
    assert result.exit_code == 1


def test_a_broken_zip_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(tabular.FILE_NAME, WHOLE)
    data = packed.getvalue()
    path = tmp_path / "release.zip"
    for broken in (data[:200], data[:60] + b"\xff" * 40 + data[100:]):
        path.write_bytes(broken)
        with pytest.raises(FileRefused, match="no whole zip file"):
            open_source(path, ("*tabular*.xml",))


def test_a_folder_is_no_file(database: Flask, tmp_path: Path) -> None:
    result = run(database, "import", "icd10cm-tabular", tmp_path)
    assert "cannot be read: Is a directory." in result.output


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_changes_nothing(database: Flask, tmp_path: Path, share: float) -> None:
    load(database, tmp_path)
    before = rows(database)
    later = tabular.later().encode()
    result = load(database, tmp_path, data=later[: int(len(later) * share)], name="icd10cm-tabular-2027.xml")
    assert result.exit_code == 1
    assert result.output.startswith("Error: icd10cm-tabular-2027.xml is no whole XML file: ")
    assert rows(database) == before


@st.composite
def garbled(draw: st.DrawFn) -> bytes:
    """A tabular list with some bytes changed, left out or put in, perhaps cut off."""
    data = bytearray(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data) - 1))
        end = start + draw(st.integers(0, 30))
        data[start:end] = draw(st.binary(max_size=8) | st.sampled_from([b"<", b"</diag>", b"&x;", b"<diag>", b"\x00"]))
    return bytes(data[: draw(st.integers(1, len(data)))] if draw(st.booleans()) else data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=garbled() | st.binary(max_size=200))
@example(data=WHOLE.decode().encode("utf-16"))
@example(data=b'<?xml version="1.0" encoding="klingon"?><ICD10CM.tabular/>')
def test_a_garbled_file_is_read_or_refused_but_never_breaks_the_reader(data: bytes) -> None:
    """What is read in spite of it has a whole tree, so that it can be loaded."""
    try:
        listing = tabular.codes_of(icd10cm.read(SourceFile(tabular.FILE_NAME, data), Given()))
    except FileRefused:
        return
    seen = set()
    for entry in listing.entries:
        assert entry.title
        assert entry.parent is None or entry.parent in seen
        assert len(entry.key) <= 20
        seen.add(entry)
    assert len({entry.key for entry in listing.entries}) == len(listing.entries)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=garbled())
def test_a_garbled_file_changes_all_or_nothing(app: Flask, tmp_path: Path, data: bytes) -> None:
    before = rows(app)
    result = load(app, tmp_path, data=data)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    if result.exit_code:
        assert result.output.startswith("Error: ")
        assert rows(app) == before
