"""Files that were damaged on their way are refused, or read if the damage did no harm; nothing else happens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.codes import fee_files
from tests.codes.fee_files import AA, ADDENDUM_B, BB, EE
from tests.codes.workbooks import workbook
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import asc, mpfs, mpfs_places, opps, oppscap
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

FILES: dict[str, tuple[Callable[[SourceFile, Given], Parsed], SourceFile]] = {
    "fees": (mpfs.read, fee_files.fees()),
    "fees as fixed text": (mpfs.read, fee_files.fixed_fees()),
    "cost indices": (mpfs_places.read_gpci, fee_files.gpci()),
    "counties": (mpfs_places.read_locality, fee_files.locality()),
    "anesthesia": (mpfs_places.read_anesthesia, fee_files.anesthesia()),
    "caps": (oppscap.read, fee_files.caps("OPPSCAP_2025_Oct.csv")),
    "addendum B": (opps.read, fee_files.addendum_b()),
    "conversion": (opps.read, fee_files.converted()),
    "addendum B as workbook": (opps.read, workbook(ADDENDUM_B, "2026 July B.xlsx")),
    "surgical centers": (asc.read, fee_files.addendum(AA)),
    "surgical centers as workbook": (asc.read, workbook({"AA": AA, "BB": BB, "EE": EE}, "asc.xlsx")),
}
SOME = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
GARBAGE = st.binary(min_size=1, max_size=12) | st.sampled_from([b'"', b",", b"\n", b"\r\n", b"\x00", b"\xff\xfe", b" "])


def read(name: str, data: bytes) -> Parsed | None:
    """Read a damaged file; None if it was refused."""
    reader, file = FILES[name]
    try:
        parsed = reader(SourceFile(file.name, data), Given())
    except FileRefused:
        return None
    for table in parsed.tables:
        columns = DATASETS[table.dataset].columns
        assert all(len(values) == len(columns) for values in table.rows.values())
    return parsed


@pytest.mark.parametrize("name", FILES)
def test_the_whole_file_is_read(name: str) -> None:
    assert read(name, FILES[name][1].data)


@pytest.mark.parametrize("name", FILES)
@SOME
@given(place=st.floats(0, 1, exclude_max=True))
def test_a_file_that_breaks_off_within_a_line_is_refused(name: str, place: float) -> None:
    data = FILES[name][1].data
    cut = data[: int(place * len(data))]
    if not cut.endswith((b"\n", b"\r")):
        assert read(name, cut) is None


@pytest.mark.parametrize("name", FILES)
@SOME
@given(place=st.floats(0, 1), length=st.integers(1, 60), garbage=GARBAGE | st.just(b""))
def test_deleted_and_inserted_bytes_are_survived(name: str, place: float, length: int, garbage: bytes) -> None:
    data = FILES[name][1].data
    at = int(place * len(data))
    read(name, data[:at] + garbage + data[at + length :])
    read(name, data[:at] + garbage + data[at:])


@pytest.mark.parametrize("name", [name for name in FILES if "workbook" not in name and "fixed" not in name])
@SOME
@given(first=st.integers(0, 30), second=st.integers(0, 30))
def test_swapped_columns_are_refused(name: str, first: int, second: int) -> None:
    """Rows whose columns changed places below captions that did not, or with them."""
    _, file = FILES[name]
    rows = [line.split(",") for line in file.data.decode("cp1252").splitlines()]
    width = min(len(row) for row in rows if len(row) > 1)
    first, second = first % width, second % width
    for row in rows:
        if len(row) > max(first, second):
            row[first], row[second] = row[second], row[first]
    swapped = read(name, ("\r\n".join(map(",".join, rows)) + "\r\n").encode("cp1252"))
    if first == second:
        return
    assert swapped is None or name == "addendum B"  # whose last columns may stand in any order
