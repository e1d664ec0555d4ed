"""The publisher's own files, where they lie beside this project: counts, and rows that can be checked by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import asc, mpfs, mpfs_places, opps, oppscap
from webapp.codes.importers.files import open_source
from webapp.codes.importers.registry import Reader

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project"),
]
FEES = "mpfs/PPRRVU2025_Oct.nodesc"
OCTOBER = date(2025, 10, 1)


def read(reader: Reader, name: str, effective: date | None = None) -> Parsed:
    return reader(open_source(SHARED / name), Given(effective=effective))


def row(parsed: Parsed, code: str) -> dict[str, str]:
    table = parsed.tables[0]
    return dict(zip(DATASETS[table.dataset].columns, table.rows[code, ""], strict=True))


@pytest.mark.parametrize(
    ("reader", "name", "count", "rows", "first_day"),
    [
        (mpfs.read, f"{FEES}.csv", 19_090, 19_090, OCTOBER),
        (mpfs.read, f"{FEES}.txt", 19_090, 19_090, OCTOBER),
        (mpfs.read, "excerpts/PPRRVU2026_Jul_nonQPP.header.nodesc.csv", 6, 6, date(2026, 7, 1)),
        (mpfs_places.read_gpci, "mpfs/GPCI2025.csv", 109, 109, date(2025, 1, 1)),
        (mpfs_places.read_anesthesia, "mpfs/ANES2025.csv", 109, 109, date(2025, 1, 1)),
        (mpfs_places.read_locality, "mpfs/25LOCCO.csv", 110, 109, date(2025, 1, 1)),
        (opps.read, "opps/addendum_b_2026-04.nodesc.csv", 19_059, 19_059, date(2026, 4, 1)),
        (asc.read, "asc/asc_2020_07_addendum_AA.nodesc.csv", 3_977, 3_977, date(2020, 7, 1)),
        (asc.read, "asc/asc_2020_07_addendum_BB.nodesc.csv", 1_823, 1_823, date(2020, 7, 1)),
        (asc.read, "asc/asc_2020_07_addendum_EE.nodesc.csv", 2_064, 2_064, date(2020, 7, 1)),
    ],
)
def test_every_row_is_read(reader: Reader, name: str, count: int, rows: int, first_day: date) -> None:
    parsed = read(reader, name)
    assert (parsed.read, len(parsed.tables[0].rows), parsed.valid_from) == (count, rows, first_day)


def test_every_cap_is_read() -> None:
    assert read(oppscap.read, "mpfs/OPPSCAP_Oct.csv", OCTOBER).read == 16_100


def test_csv_and_fixed_text_of_the_fee_schedule_agree() -> None:
    assert read(mpfs.read, f"{FEES}.csv").tables == read(mpfs.read, f"{FEES}.txt").tables


def test_a_procedure_is_as_published() -> None:
    fees = row(read(mpfs.read, f"{FEES}.csv"), "45397")
    expected = {"status": "A", "global_days": "090", "pctc": "0", "multiple": "2", "bilateral": "0", "assistant": "2"}
    expected |= {"co_surgeons": "1", "team": "0", "supervision": "09", "imaging_family": "99"}
    assert {name: fees[name] for name in expected} == expected
    payments = read(opps.read, "opps/addendum_b_2026-04.nodesc.csv")
    assert (row(payments, "45397")["status"], row(payments, "49327")["status"]) == ("C", "N")
    assert row(read(asc.read, "asc/asc_2020_07_addendum_AA.nodesc.csv"), "49327")["indicator"] == "N1"


def test_places_know_each_other() -> None:
    indices = read(mpfs_places.read_gpci, "mpfs/GPCI2025.csv").tables[0].rows
    assert set(read(mpfs_places.read_locality, "mpfs/25LOCCO.csv").tables[0].rows) == set(indices)
    assert set(read(mpfs_places.read_anesthesia, "mpfs/ANES2025.csv").tables[0].rows) == set(indices)
    caps = read(oppscap.read, "mpfs/OPPSCAP_Oct.csv", OCTOBER).tables[0].rows
    assert {values[1] + values[2] for values in caps.values()} >= {code for code, _ in indices}
