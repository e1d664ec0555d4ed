"""Files of NCCI's add-on codes and medically unlikely edits, made up in CMS's layouts."""

from __future__ import annotations

import io

import openpyxl

from webapp.codes.importers.files import SourceFile

AOC_HEADER = (
    "AOC_Edit_Type\tAdd-On_Code\tAOC_DelDT\tPrimary_Code\tPrimary_Code_DelDT\tAOC_Edit_EffDT\tAOC_Edit_DelDT"
    "\tSpecial_Instruction_Notes"
)
AOC_ROWS = (
    "2\t0054T\t\tCCCCC\t\t2013091\t\tContractor Defined Primary Codes",
    "1\t49327\t\t45397\t\t2013091\t\t",
    '1\t49327\t\t44970\t2020366\t2013091\t2020366\t"""A made-up manual, chapter 1"""',
    "1\t49327\t\t44970\t\t2022001\t\t",
    "3\tG0289\t2024366\t29880\t\t2013091\t2024366\tA note",
)
AOC = "\r\n".join(('"A notice\r\nof two lines."', AOC_HEADER, *AOC_ROWS, ""))
MUE_HEADER = '"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale'
MUE_ROWS = (
    "0001U,1,2 Date of Service Edit: Policy,Code Descriptor / CPT Instruction",
    "45378,1,3 Date of Service Edit: Clinical,Nature of Service/Procedure",
    "G0105,0,1 Line Edit,CMS Policy",
)
MUE = "\n".join(('"A licence\n\nof several, long lines.",,,', MUE_HEADER, *MUE_ROWS, ""))


def aoc(text: str = AOC, name: str = "AOC_V2026Q2-MCR.txt") -> SourceFile:
    return SourceFile(name, text.encode("cp1252"))


def aoc_workbook(name: str = "AOC_V2026Q2-MCR.xlsx") -> SourceFile:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["A notice\nof two lines."])
    for line in (AOC_HEADER, *AOC_ROWS):
        sheet.append([cell.replace('"""', '"') or None for cell in line.split("\t")])
    held = io.BytesIO()
    book.save(held)
    return SourceFile(name, held.getvalue())


def mue(text: str = MUE, name: str = "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv") -> SourceFile:
    return SourceFile(name, text.encode())
