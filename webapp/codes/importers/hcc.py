"""Hierarchical condition categories (HCC): which ICD-10-CM codes lead to them, their names, hierarchies and factors.

- `F2824T1N_FY22FY23.TXT`: CMS's format of one model (F28: V28): code, category, and D where the code has several,
  parted by tabs, without a header. The other digits of the name are no year: F2419P1M came with the software of 2020.
  The model is paid by in the year after the last fiscal year that the name gives.
- `ra_dx_to_cc_2026.csv`: diagnosis_code, cc, model_name, of all models of a payment year.
- `ra_labels_2026.csv`: cc, label, model_domain, model_version, model_fullname.
- `ra_hierarchies_2026.csv`: cc_parent, cc_child, and the model as in the labels.
- factors, taken out of the rate announcement: version, segment, variable, factor (`V28,CNA,HCC36,0.166`).

A payment year is a calendar year.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers import checks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.sheets import find_header, records
from webapp.codes.listing import FileRefused

FORMAT_NAME = re.compile(r"F(\d\d)\d\d[A-Z]\d[A-Z]", re.IGNORECASE)
FORMAT_LINE = re.compile(r"([0-9A-Z]+)\t([0-9]{1,3})(?:\t[DM ]?)?\s*")
FISCAL_YEAR = re.compile(r"FY(\d\d)(?!\d)", re.IGNORECASE)
FORMATS = {
    **{number: f"hcc-v{number}" for number in ("20", "21", "22", "23", "24", "28")},
    **{number: f"hcc-rx-v{number}" for number in ("05", "08")},
}
"""Datasets by the version in a format's name."""
MODELS = {
    **{f"CMS-HCC Model V{number}": f"hcc-v{number}" for number in ("20", "21", "22", "23", "24", "28")},
    **{f"CMS-HCC ESRD Model V{number}": f"hcc-esrd-v{number}" for number in ("21", "24")},
    **{f"RxHCC Model V{number}": f"hcc-rx-v{number}" for number in ("05", "08")},
}
MAPPING = ("diagnosis_code", "cc", "model_name")
LABELS = ("cc", "label", "model_domain", "model_version", "model_fullname")
HIERARCHIES = ("cc_parent", "cc_child", "model_domain", "model_version", "model_fullname")
FACTORS = ("version", "segment", "variable", "factor")
NUMBER = re.compile(r"[0-9]{1,3}")
CATEGORY = re.compile(r"(RX)?HCC[0-9]{1,3}")
DOMAIN = re.compile(r"CMS-HCC|ESRD|RxHCC")
VERSION = re.compile(r"[VR][0-9]{2}")
FULL_NAME = re.compile(r"[VR][0-9]{2}[A-Z]?[0-9]{2,3}[HL][0-9]")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ -]{0,49}")
FACTOR = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,6})?")


def read(file: SourceFile, given: Given) -> Parsed:
    """Read any of the five files, told apart by their headers; without one it is a format. Errors: FileRefused."""
    format_name = FORMAT_NAME.match(file.name)
    if format_name:
        return _format(file, given, format_name[1])
    rows = checks.table_of(file, unbroken=False)
    columns, take = _kind(rows[0][:1], file)
    checks.whole(file, unbroken=columns is FACTORS)  # a number that is cut is still one
    header = find_header(rows, columns, file)
    tables: dict[str, Table] = {}
    count = 0
    for number, row in records(rows, header, len(columns), file):
        take(row, f"{file.name}, row {number}", tables)
        count += 1
    checks.some(count, file)
    return _parsed(file, given, checks.year_in(file.name), list(tables.values()), count)


Take = Callable[[list[str], str, dict[str, Table]], None]
"""Adds a row that stands at a place to one of the tables."""


def _kind(first: list[str], file: SourceFile) -> tuple[tuple[str, ...], Take]:
    kinds: dict[str, tuple[tuple[str, ...], Take]] = {
        MAPPING[0]: (MAPPING, _take_mapping),
        LABELS[0]: (LABELS, _take_label),
        HIERARCHIES[0]: (HIERARCHIES, _take_hierarchy),
        FACTORS[0]: (FACTORS, _take_factor),
    }
    kind = kinds.get("".join(first))
    if kind is None:
        raise FileRefused(f"{file.name}, row 1: column 1 is {''.join(first)[:20]!r}, and not {' or '.join(kinds)}.")
    return kind


def _parsed(file: SourceFile, given: Given, named: checks.Span | None, tables: list[Table], count: int) -> Parsed:
    span = checks.settle(file, given, named, checks.year)
    return Parsed(span.name, span.first, span.last, tables, read=count)


def _format(file: SourceFile, given: Given, number: str) -> Parsed:
    if number not in FORMATS:
        raise FileRefused(f"{file.name} is of model F{number}, which is none of F{', F'.join(FORMATS)}.")
    table = Table(FORMATS[number])
    for at, line in enumerate(checks.lines_of(file), 1):
        if not line.strip():
            continue
        where = f"{file.name}, line {at}"
        found = FORMAT_LINE.fullmatch(line)
        if not found:
            raise FileRefused(f"{where}: {line[:30]!r} is no code and category, parted by a tab.")
        table.add(checks.shaped(found[1], checks.ICD10, "ICD-10-CM code", where), found[2], (found[2],), where)
    checks.some(len(table.rows), file)
    years = FISCAL_YEAR.findall(file.name)
    named = checks.year(date(2001 + int(max(years)), 1, 1)) if years else None
    return _parsed(file, given, named, [table], len(table.rows))


def _take_mapping(row: list[str], where: str, tables: dict[str, Table]) -> None:
    """A code may lead to several categories of a model: the category is the part."""
    code, category, model = row
    checks.shaped(code, checks.ICD10, "ICD-10-CM code", where)
    checks.shaped(category, NUMBER, "condition category", where)
    if model not in MODELS:
        raise FileRefused(f"{where}: column model_name is {model[:40]!r}, which is none of {', '.join(MODELS)}.")
    dataset = MODELS[model]
    tables.setdefault(dataset, Table(dataset)).add(code, category, (category,), where)


def _check_model(row: list[str], where: str) -> None:
    checks.shaped(row[2], DOMAIN, "model_domain", where)
    checks.shaped(row[3], VERSION, "model_version", where)
    checks.shaped(row[4], FULL_NAME, "model_fullname", where)


def _take_label(row: list[str], where: str, tables: dict[str, Table]) -> None:
    """`V24:HCC1`, and for the part the domain: a version's categories may serve several models."""
    category, label, domain, version, _ = row
    checks.shaped(category, CATEGORY, "condition category", where)
    _check_model(row, where)
    if not label:
        raise FileRefused(f"{where}: {category} has no label.")
    table = tables.setdefault("hcc-labels", Table("hcc-labels"))
    table.add(f"{version}:{category}", domain, (" ".join(label.split()),), where)


def _take_hierarchy(row: list[str], where: str, tables: dict[str, Table]) -> None:
    """`V24:8` stands above its part `9 CMS-HCC`: with the parent, the child is not paid."""
    parent, child, domain, version, _ = row
    checks.shaped(parent, NUMBER, "condition category", where)
    checks.shaped(child, NUMBER, "condition category", where)
    _check_model(row, where)
    table = tables.setdefault("hcc-hierarchies", Table("hcc-hierarchies"))
    table.add(f"{version}:{parent}", f"{child} {domain}", (child,), where)


def _take_factor(row: list[str], where: str, tables: dict[str, Table]) -> None:
    """A category's factor stands under `V24:HCC1`, part the segment; those of ages and interactions, whose names are
    longer than a code, under `V24`, part the segment and the name.
    """
    version, segment, variable, factor = row
    checks.shaped(version, VERSION, "model version", where)
    checks.shaped(segment, NAME, "segment", where)
    checks.shaped(variable, NAME, "variable", where)
    checks.shaped(factor, FACTOR, "factor", where)
    table = tables.setdefault("hcc-factors", Table("hcc-factors"))
    if CATEGORY.fullmatch(variable):
        table.add(f"{version}:{variable}", segment, (factor,), where)
    else:
        table.add(version, f"{segment} {variable}", (factor,), where)
