"""Groups of procedures: RBCS in its older and newer layout, ranges of CCS, types of service."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from tests.codes import garbling
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import groups
from webapp.codes.importers.files import SourceFile

COMMON = (
    "HCPCS_Cd,RBCS_ID,RBCS_Cat,RBCS_Cat_Desc,RBCS_Cat_Subcat,RBCS_Subcat_Desc,RBCS_FamNumb,RBCS_Family_Desc,"
    "RBCS_Major_Ind,HCPCS_Cd_Add_Dt,HCPCS_Cd_End_Dt,"
)
OLDER = (
    f"{COMMON}RBCS_Assignment_Eff_Dt\n"
    "45397,PB010M,P,Procedure,PB,Made-up part,010,Made-up family,M,01JAN2006,,01JAN2014\n"
    'G0105,PX000N,P,Procedure,PX,"Another, part",000,No RBCS Family,N,01JAN1998,,01JAN2014\n'
)
NEWER = (
    f"{COMMON.replace('RBCS_ID', 'RBCS_Id')}RBCS_Latest_Assignment,First_RBCS_Release_Year,RBCS_Analysis_Start_Dt,"
    "RBCS_Analysis_End_Dt,Alt_Assignment_Method,RBCS_Id_Ever_Reassigned\n"
    "45397,PA010M,P,Procedure,PA,Old part,010,Old family,M,01/01/2006,12/31/9999,0,2021,01/01/2006,12/31/2013,0,1\n"
    "45397,PB010M,P,Procedure,PB,Made-up part,010,Made-up family,M,01/01/2006,12/31/9999,1,2021,01/01/2014,"
    "12/31/9999,0,1\n"
    'G0105,PX000N,P,Procedure,PX,"Another, part",000,No RBCS Family,N,01/01/1998,12/31/9999,1,2021,01/01/2014,'
    "12/31/9999,0,0\n"
)
CCS = (
    "A title of AHRQ,,\n"
    "Code Range,CCS,CCS Label\n"
    "'61000-61055',1,\"Made-up label, first\"\n"
    "'0106T-0110T',7,Made-up label two\n"
    "'C9729-C9729',240,Made-up label three\n"
)
TOS = 'code,tos\n45397,2\nG0105,"2, F"\n'


def file(text: str, name: str) -> SourceFile:
    return SourceFile(name, text.encode())


def test_a_code_has_its_latest_assignment() -> None:
    newer = groups.read_rbcs(file(NEWER, "RBCS_RY_2025.csv"), Given())
    assert (newer.release, str(newer.valid_from), str(newer.valid_to)) == ("2025", "2025-01-01", "2025-12-31")
    assert newer.read == 3
    assert newer.tables[0].rows == {
        ("45397", ""): (
            *("PB010M", "P", "Procedure", "PB", "Made-up part", "010", "Made-up family"),
            *("M", "20060101", "", "20140101"),
        ),
        ("G0105", ""): (
            *("PX000N", "P", "Procedure", "PX", "Another, part", "000", "No RBCS Family"),
            *("N", "19980101", "", "20140101"),
        ),
    }


def test_the_older_layout_says_the_same() -> None:
    older, newer = (groups.read_rbcs(file(text, "RBCS_RY_2021.csv"), Given()) for text in (OLDER, NEWER))
    assert older.tables[0].rows == newer.tables[0].rows
    assert older.read == 2


def test_a_range_of_ccs_stands_under_its_first_code() -> None:
    done = groups.read_ccs(file(CCS, "CCS_services_procedures_v2025-1.csv"), Given())
    assert (done.release, done.read, str(done.valid_to)) == ("2025", 3, "2025-12-31")
    assert done.tables[0].rows == {
        ("61000", ""): ("61055", "1", "Made-up label, first"),
        ("0106T", ""): ("0110T", "7", "Made-up label two"),
        ("C9729", ""): ("C9729", "240", "Made-up label three"),
    }


@pytest.mark.parametrize("heading", ["code,tos", "HCPCS,TOS", "A title,\nHCPCS Code,Type of Service"])
def test_a_code_may_have_several_types_of_service(heading: str) -> None:
    done = groups.read_tos(file(TOS.replace("code,tos", heading), "tos_2026.csv"), Given())
    assert done.read == 2
    assert done.tables[0].rows == {("45397", ""): ("2",), ("G0105", ""): ("2 F",)}


@pytest.mark.parametrize(
    ("reader", "text", "told"),
    [
        (groups.read_rbcs, OLDER.replace("RBCS_Major_Ind", "Major"), "column 9 is 'Major', and 'RBCS_Major_Ind'"),
        (groups.read_rbcs, OLDER.replace("RBCS_Assignment_Eff_Dt", "Since"), "no column is rbcs_assignment_eff_dt"),
        (groups.read_rbcs, OLDER.replace("01JAN2006", "long ago"), "row 2: 'long ago' is no date"),
        (groups.read_rbcs, OLDER.replace("PB010M", "PB"), "row 2: 'PB' is no RBCS identifier"),
        (groups.read_rbcs, OLDER.replace("G0105", "45397"), "row 3: 45397 stands in the file twice"),
        (groups.read_rbcs, NEWER.replace(",1,2021", ",0,2021"), "no row"),
        (groups.read_ccs, CCS.replace("CCS Label", "Label"), "row 2: column 3 is 'Label', and 'CCS Label' is wanted"),
        (groups.read_ccs, CCS.replace("61000-61055", "61055-61000"), "is no range of codes"),
        (groups.read_ccs, CCS.replace("61000-61055", "ABCDE-ABCDE"), "row 3: 'ABCDE' is no code"),
        (groups.read_ccs, CCS.replace(",7,", ",x,"), "row 4: 'x' is no CCS category"),
        (groups.read_ccs, CCS[:-2], "its last line has no end"),
        (groups.read_tos, TOS.replace("tos", "kind"), "row 1: column 2 is 'kind', and 'tos' is wanted"),
        (groups.read_tos, TOS.replace(",2\n", ",two\n"), "row 2: 'two' is no type of service"),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(reader: garbling.Read, text: str, told: str) -> None:
    assert told in garbling.refusal(reader, file(text, "groups_2025.csv"))


@pytest.mark.parametrize(
    ("reader", "text"), [(groups.read_rbcs, OLDER), (groups.read_ccs, CCS), (groups.read_tos, TOS)]
)
def test_a_name_without_a_year_needs_a_day(reader: garbling.Read, text: str) -> None:
    assert "--effective" in garbling.refusal(reader, file(text, "groups.csv"))
    done = reader(file(text, "groups.csv"), Given(effective=date(2026, 4, 1)))
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("2026", "2026-04-01", "2026-12-31")


@over(st.data())
@settings(max_examples=50, deadline=None)
def test_a_garbled_file_does_no_harm(data: st.DataObject) -> None:
    readers = {groups.read_rbcs: (OLDER, NEWER), groups.read_ccs: (CCS,), groups.read_tos: (TOS,)}
    reader = data.draw(st.sampled_from(list(readers)))
    broken = data.draw(garbling.garbled(data.draw(st.sampled_from(readers[reader])).encode()))
    garbling.is_refused_or_fit_to_store(reader, SourceFile("groups_2025.csv", broken), Given())
