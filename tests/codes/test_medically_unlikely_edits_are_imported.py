"""NCCI's medically unlikely edits, one file for each kind of claim."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given as over
from hypothesis import settings

from tests.codes import garbling, ncci_files
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import mue
from webapp.codes.importers.files import SourceFile, open_source

REAL = garbling.SHARED / "excerpts" / "MCR_MUE_PractitionerServices_Eff_07-01-2026.excerpt.csv"


def test_the_date_is_in_the_name() -> None:
    done = mue.read(ncci_files.mue(), Given())
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("Q3 2026", "2026-07-01", "2026-09-30")


def test_the_indicator_is_a_digit() -> None:
    done = mue.read(ncci_files.mue(), Given())
    assert done.read == 3
    assert done.tables[0].rows == {
        ("0001U", ""): ("1", "2", "Code Descriptor / CPT Instruction"),
        ("45378", ""): ("1", "3", "Nature of Service/Procedure"),
        ("G0105", ""): ("0", "1", "CMS Policy"),
    }


@pytest.mark.parametrize(
    ("heading", "name", "dataset"),
    [
        ("Practitioner Services MUE Values", "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv", "mue-practitioner"),
        (
            "Outpatient Hospital Services MUE Values",
            "MCR_MUE_OutpatientHospitalServices_Eff_07-01-2026.csv",
            "mue-hospital",
        ),
        ("DME Supplier Services MUE Values", "MCR_MUE_DMESupplierServices_Eff_07-01-2026.csv", "mue-dme"),
        ("DME Supplier\nServices MUE Values", "Eff_07-01-2026.csv", "mue-dme"),
    ],
)
def test_the_heading_names_the_kind_of_claim(heading: str, name: str, dataset: str) -> None:
    text = ncci_files.MUE.replace("Practitioner Services MUE Values", f'"{heading}"')
    assert mue.read(ncci_files.mue(text, name), Given()).tables[0].dataset == dataset


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("MUE Rationale", "Reason", "row 2: column 4 is 'Reason', and 'MUE Rationale' is wanted"),
        ("Practitioner Services", "Ambulance", "names no known kind of claim"),
        ("Practitioner Services", "DME Supplier Services", "is of another kind of claim"),
        ("45378,1,", "45378,one,", "row 4: 'one' is no number of units"),
        ("3 Date", "4 Date", "row 4: '4 Date of Service Ed' is no adjudication indicator"),
        ("45378,", "4537,", "row 4: '4537' is no code"),
        ("45378,", "0001U,", "row 4: 0001U stands in the file twice"),
        ("Policy\n", "Pol", "last line has no end"),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(old: str, new: str, told: str) -> None:
    changed = new.join(ncci_files.MUE.rsplit(old, 1))
    assert told in garbling.refusal(mue.read, ncci_files.mue(changed))


def test_a_date_that_does_not_exist_is_refused() -> None:
    file = ncci_files.mue(name="MCR_MUE_PractitionerServices_Eff_13-01-2026.csv")
    assert "13-01-2026 is no date" in garbling.refusal(mue.read, file)


def test_a_name_without_a_date_needs_a_day() -> None:
    file = ncci_files.mue(name="edits.csv")
    assert "--effective" in garbling.refusal(mue.read, file)
    assert str(mue.read(file, Given(effective=date(2026, 10, 1))).valid_to) == "2026-12-31"


@over(garbling.garbled(ncci_files.MUE.encode()))
@settings(max_examples=50, deadline=None)
def test_a_garbled_file_does_no_harm(data: bytes) -> None:
    file = SourceFile("MCR_MUE_PractitionerServices_Eff_07-01-2026.csv", data)
    garbling.is_refused_or_fit_to_store(mue.read, file, Given())


@pytest.mark.skipif(not REAL.exists(), reason=garbling.ABSENT)
def test_the_publishers_layout_is_read() -> None:
    done = mue.read(open_source(REAL), Given())
    assert (done.read, done.tables[0].dataset, done.refused) == (8, "mue-practitioner", [])
    assert done.tables[0].rows["0009U", ""] == ("2", "3", "Nature of Analyte")
