"""Files of the fee schedules in CMS's layouts, with made-up values and texts."""

from __future__ import annotations

from collections.abc import Sequence

from tests.codes.workbooks import table
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.mpfs_txt import SPANS, WIDTH

SECRET = "Made-up text"
"""Begins every text that stands for a licensed one."""
PUBLIC = "Invented supply"
NOTICE = "CPT codes and descriptions only are copyright 2024 American Medical Association.  All Rights Reserved."

STACK = """\
,,,,,,,,,,,,,,,,,,,,,,,,,,,,NON-FACILITY,FACILITY,
,,,,NOT USED,,,,,,,,,,,,,,,,,,,,,PHYSICIAN,,DIAGNOSTIC,PE USED,PE USED,MP USED
,,,,FOR,,,NON-FAC,,FACILITY ,,,,,,,,,,,,,,,,SUPERVISION OF,,IMAGING,FOR OPPS,FOR OPPS,FOR OPPS
,,,STATUS,MEDICARE ,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FACILITY,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,ASST,\
CO-,TEAM,ENDO,CONV,DIAGNOSTIC,CALCULATION,FAMILY,PAYMENT,PAYMENT,PAYMENT
HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,SURG,\
SURG,SURG,SURG,BASE,FACTOR,PROCEDURES,FLAG,INDICATOR,AMOUNT,AMOUNT,AMOUNT"""
SURGERY = f"10001,,{SECRET} one,A,,36.50,20.64,NA,20.64,,6.06,63.20,63.20,0,090,0.09,0.81,0.10,2,0,2,1,0,10004,32.3465"
SURGERY += ",09,0,99,0.00,0.00,0.00"
IMAGING = "1.00,2.50,,2.50,,0.10,3.60,3.60,1,XXX,0.00,0.00,0.00,0,0,0,0,0,,32.3465,02,0,88,3.26,3.26,0.04"
FEES = [
    line.split(",")
    for line in (
        SURGERY,
        f"70001,,{SECRET} two,A,,{IMAGING}",
        f"70001,26,{SECRET} two,A,,{IMAGING}",
        f"70001,TC,{SECRET} two,A,+,{IMAGING}",
        f"D0001,,{SECRET} three,R,,{IMAGING}",
        f"G0001,,{PUBLIC},A,,{IMAGING}",
    )
]
"""Rows of 2025: 31 cells."""
TEAM, ENDO = 22, 23


def fees(
    name: str = "PPRRVU2025_Oct.csv", title: str = "2025 {} October Release", rows: Sequence[Sequence[str]] = ()
) -> SourceFile:
    """The relative value file of 2025, as csv."""
    return _fees(name, title, [line.split(",") for line in STACK.split("\n")], rows or FEES)


def fees_2026(name: str = "PPRRVU2026_Jul_nonQPP.csv") -> SourceFile:
    """The file of 2026, which has PRIC IND after TEAM SURG."""
    stack = [line.split(",") for line in STACK.split("\n")]
    for row, cell in zip(stack, ("", "", "", "PRIC", "IND"), strict=True):
        row.insert(ENDO, cell)
    return _fees(name, "2026 {} July Release", stack, [[*row[:ENDO], "7", *row[ENDO:]] for row in FEES])


def _fees(name: str, title: str, stack: list[list[str]], rows: Sequence[Sequence[str]]) -> SourceFile:
    blank = [""] * (len(stack[-1]) - 3)
    titles = (title.format("National Physician Fee Schedule Relative Value File"), NOTICE, "RELEASED 09/11/2019")
    return table([*(["", "", each, *blank] for each in titles), *stack, *rows], name, encoding="cp1252")


def fixed_fees(name: str = "PPRRVU2025_Oct.txt", rows: Sequence[Sequence[str]] = ()) -> SourceFile:
    """The same rows as fixed text."""
    lines = ["HDR CPT CODES AND DESCRIPTIONS ONLY ARE COPYRIGHT ", "HDR 2026 AMERICAN MEDICAL ASSOCIATION.  ALL RIGHTS"]
    return SourceFile(name, "".join(f"{line}\r\n" for line in [*lines, *map(_fixed, rows or FEES)]).encode())


def _fixed(cells: Sequence[str]) -> str:
    line = [" "] * WIDTH
    for at, ((first, last), cell) in enumerate(zip(SPANS, cells, strict=True)):
        width = last - first + 1
        cell = cell[1:] if len(cell) == width + 1 and cell.startswith("0.") else cell
        line[first - 1 : last] = cell.ljust(width) if at == 2 else cell.rjust(width)
    return "".join(line)


def gpci(name: str = "GPCI2025.csv", year: int = 2025) -> SourceFile:
    title = f"ADDENDUM E. FINAL CY {year} GEOGRAPHIC PRACTICE COST INDICES (GPCIs) BY STATE AND MEDICARE LOCALITY"
    head = ("Medicare Administrative Contractor (MAC)", "State", "Locality Number", "Locality Name")
    blank = [""] * 6
    return table(
        [
            [title, *blank],
            ["", *blank],
            [*head, f"{year} PW GPCI (with 1.0 Floor)", f"{year} PE GPCI", f"{year} MP GPCI"],
            ["10112", "AL", "00", "NEVERLAND", "1", "0.869", "0.575"],
            ["02102", "AK", "01", "ICELAND*", "1.5", "1.081", "0.592"],
            ["1112", "CA", "5", "BAY, WITH TOWNS**", "1.017", "1.093", "0.662"],
            ["MAC Assignments as of November 22, 2019", *blank],
            ["", *blank],
            ["*Work GPCI reflects a 1.5 floor.", *blank],
        ],
        name,
    )


def anesthesia(name: str = "ANES2025.csv") -> SourceFile:
    return table(
        [
            ["Contractor", "Locality", "Locality Name", "National Anes CF of 20.3178"],
            ["10112 ", "00 ", "NEVERLAND", "19.31 "],
            ["02102 ", "01 ", "ICELAND*", "27.8 "],
            ["", "", "", ""],
        ],
        name,
    )


LOCALITY_HEAD = ["Medicare Adminstrative Contractor", "Locality Number", "State ", "Fee Schedule Area ", "Counties"]


def locality(name: str = "25LOCCO.csv", rows: Sequence[Sequence[str]] = ()) -> SourceFile:
    return table(
        [
            ["COUNTIES INCLUDED IN 2025 LOCALITIES. (ALPHABETICALLY BY STATE AND LOCALITY NAME)", "", "", "", ""],
            [""] * 5,
            LOCALITY_HEAD,
            ["1182", "18", "NEVERLAND ", "LOST BAY*", "HOOK, PAN AND BELL"],
            ["1112", "9", " ", "REST OF STATE* ", "ALL OTHER COUNTIES "],
            ["1112", "9", "", "REST OF STATE", "ALL OTHER COUNTIES"],
            [" "] * 5,
            ["2102", "1", "ICELAND ", "STATEWIDE ", "ALL COUNTIES "],
            *rows,
            [""] * 5,
            ["*  Payment locality is serviced by two carriers.", "", "", "", ""],
        ],
        name,
    )


def caps(name: str = "OPPSCAP_Oct.csv") -> SourceFile:
    return table(
        [
            ["HCPCS", "MOD", "PROCSTAT", "CARRIER", "LOCALITY", "FACILITY PRICE", "NON-FACILTY PRICE"],
            ["70001", "TC", "A", "01112", "05", "150.69", "150.7"],
            ["70001", "", "A", "01112", "05", "1593.97", "1593.97"],
            [""] * 7,
        ],
        name,
    )


ADDENDUM_B = [
    ["Addendum B.-Final OPPS Payment by HCPCS Code for CY 2026"],
    [NOTICE],
    [],
    [
        *("HCPCS Code", "Short Descriptor", "SI", "APC", "Relative\n Weight", "Payment  Rate"),
        *("National Unadjusted Copayment", "Minimum Unadjusted Copayment", "IRA Coinsurance Percentage"),
        *("Adjusted Beneficiary Copayment", "Drug and Device Pass-Through Expiration during Calendar Year"),
        *("Note: Actual copayments would be lower", "* Indicates a Change"),
    ],
    ["10001", f"{SECRET} one", "J1", "5302", "29.2310", "$2,672.15 ", ".", "$534.43 ", "", "", "", "", ""],
    ["10004", f"{SECRET} two", "N", "", "", "", "", "", "", "", "", "", "*"],
    ["D0001", f"{SECRET} three", "S", "701", ".5", "$9.1 ", ".", "$1.9 ", "", "", "", "", ""],
    ["J0001\xa0", PUBLIC, "K", "9001", "", "$12.345 ", ".", "$2.469 ", "18%", "$2.2 ", "12/31/2026", "aware", ""],
]


def addendum_b(
    name: str = "2026 July Web Addendum B.06.30.26.csv",
    rows: Sequence[Sequence[str]] = ADDENDUM_B,
    delimiter: str = ",",
) -> SourceFile:
    return table(padded(rows), name, delimiter, "cp1252")


def converted(name: str = "sample.csv", rows: Sequence[str] = ()) -> SourceFile:
    """Addendum B as a tool converts it."""
    lines = (
        "HCPCSCode,ShortDescriptor,StatusIndicator,PaymentRate,Changed?,Source",
        f'"10001","{SECRET} one","J1",2672.15,false,"2026-04"',
        f'"A0001\xa0","{PUBLIC}","N",,true,"2026-04"',
        *rows,
        "",
    )
    return SourceFile(name, "\n".join(lines).encode("cp1252") + b"\n")


AA = [
    ["Addendum AA -- ASC Covered Surgical Procedures for CY 2020      (Including Surgical Procedures)"],
    [NOTICE],
    [],
    [
        *("HCPCS Code", "", "Short Descriptor", "Subject to Multiple Procedure Discounting"),
        *(" July CY 2020 Payment Indicator", "July CY 2020 Payment Weight  ", "July CY 2020 Payment Rate "),
    ],
    ["10004", "*", f"{SECRET} one", "Y", "P2", "6.4555", "$1,308.2 "],
    ["10005", "", f"{SECRET} two", "N", "N1", "", ""],
    ["G0001", "**", PUBLIC, "Y", "A2", "13.887", "713"],
    [],
    ["NOTE 1: Payment indicators are made up."],
]
BB = [
    ["Addendum BB -- ASC Covered Ancillary Services for CY 2020"],
    [NOTICE],
    [
        *("HCPCS Code", "", "Short Descriptor", "July CY 2020 Payment Indicator", "July CY 2020 Payment Weight"),
        "July CY 2020 Payment Rate ",
    ],
    ["70001", "", f"{SECRET} three", "Z2", "5.096445850001047", "238.49"],
    ["J0001", "", PUBLIC, "K2", "", "3.127"],
]
EE = [
    ["Addendum EE -- Surgical Procedures Excluded from Payment in ASCs for CY 2020"],
    [NOTICE],
    [],
    ["HCPCS Code", "Short Descriptior"],
    ["10021", f"{SECRET} four"],
    ["G0002", PUBLIC],
]
DD1 = [["Addendum DD1 -- ASC Payment Indicators for CY 2020"], ["Indicator", "Payment Indicator Definition"]]


def addendum(rows: Sequence[Sequence[str]], name: str = "asc_2020_07_addendum.csv") -> SourceFile:
    """One of the addenda of ambulatory surgical centers, as csv."""
    return table(padded(rows), name)


def padded(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))] for row in rows]
