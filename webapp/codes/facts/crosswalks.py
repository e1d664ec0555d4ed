"""The section “Crosswalks”: codes and groups that a code leads to, each with the reason for it."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.codes.datasets import reading
from webapp.codes.datasets.reading import Facts, Row
from webapp.codes.document import Block, Cell
from webapp.codes.facts.subject import ICD10CM, Subject, procedure
from webapp.codes.raf.models import MODELS, Model

GEM_COLUMNS = ["ICD-9-CM", "Title", "Why"]
GEMS = (
    ("gem-10to9", "The nearest ICD-9-CM code"),
    ("gem-9to10", "This code is the nearest to the ICD-9-CM code"),
)
"""Dataset, and what its rows say."""
HCC_COLUMNS = ["Model", "Category", "Name", "Why"]
CCSR_COLUMNS = ["Category", "Name", "Why"]
GROUP_COLUMNS = ["Group", "Name", "Why"]
REFERENCE_COLUMNS = ["Code", "Why"]
WHOLE_CODE = 5
"""Characters of a HCPCS code; the publisher also refers to beginnings of codes."""


def blocks(subject: Subject) -> list[Block]:
    """Return one table for each file that links the code to something."""
    made = _of_diagnosis(subject) if subject.document.system == ICD10CM else _of_procedure(subject)
    return [block for block in made if block is not None]


def _of_diagnosis(subject: Subject) -> list[Block | None]:
    facts = subject.facts
    named = [row["other"] for dataset, _ in GEMS for row in facts.rows(dataset)]
    named += [label for model in MODELS for label in _labels(facts, model)]
    named += [row["category"] for row in facts.rows("ccsr")]
    names = subject.others(filter(None, named), "icd9-titles", "hcc-labels", "ccsr-categories")
    gems = [_gem(subject, dataset, said, names) for dataset, said in GEMS]
    return [*gems, _hcc(subject, names), _ccsr(subject, names)]


def _gem(subject: Subject, dataset: str, said: str, names: Mapping[str, Facts]) -> Block | None:
    rows: list[list[Cell]] = []
    for row in subject.facts.rows(dataset):
        title = names[row["other"]].value("icd9-titles", "title") if row["other"] else ""
        rows.append([icd9(row["other"]) or "None", title, _why_equivalent(row, said)])
    return _table(subject, GEM_COLUMNS, rows, 1, [dataset], "icd9-titles")


def _why_equivalent(row: Row, said: str) -> str:
    if row["no_map"] == "1":
        return "No ICD-9-CM code is near."
    kind = "approximate" if row["approximate"] == "1" else "identical"
    if row["combination"] != "1":
        return f"{said}, {kind}."
    return f"{said}, {kind}, together with others: combination {row['scenario']}, part {row['choice']}."


def icd9(code: str) -> str:
    """Write an ICD-9-CM code with its dot: after the third character, in E codes after the fourth."""
    at = 4 if code.startswith("E") else 3
    return f"{code[:at]}.{code[at:]}" if len(code) > at else code


def _labels(facts: Facts, model: Model) -> list[str]:
    return [model.label_key(row["cc"]) for row in facts.rows(model.dataset)]


def _hcc(subject: Subject, names: Mapping[str, Facts]) -> Block | None:
    rows: list[list[Cell]] = []
    used = []
    for model in MODELS:
        found = subject.facts.rows(model.dataset)
        used += [model.dataset] if found else []
        for row in found:
            name = names[model.label_key(row["cc"])].value("hcc-labels", "label", model.domain)
            rows.append([model.name, model.category(row["cc"]), name, "The model maps the diagnosis to this category."])
    return _table(subject, HCC_COLUMNS, rows, 2, used, "hcc-labels")


def _ccsr(subject: Subject, names: Mapping[str, Facts]) -> Block | None:
    rows: list[list[Cell]] = []
    for row in subject.facts.rows("ccsr"):
        category = row["category"]
        sides = [
            side for side, name in (("inpatient", "default_ip"), ("outpatient", "default_op")) if row[name] == category
        ]
        why = f"The default category of {' and '.join(sides)} data." if sides else "One more category of the code."
        rows.append([category, names[category].value("ccsr-categories", "label"), why])
    return _table(subject, CCSR_COLUMNS, rows, 1, ["ccsr"], "ccsr-categories")


def _table(
    subject: Subject, columns: list[str], rows: list[list[Cell]], named: int, datasets: list[str], names: str
) -> Block | None:
    """Return a table; the dataset of names is a source of it if there are any in column `named`."""
    if not rows:
        return None
    return subject.table(columns, rows, *datasets, *([names] if any(row[named] for row in rows) else []))


def _of_procedure(subject: Subject) -> list[Block | None]:
    return [_references(subject), _rbcs(subject), _ccs(subject)]


def _references(subject: Subject) -> Block | None:
    codes = subject.facts.value("hcpcs", "cross_references").split()
    rows: list[list[Cell]] = [
        [procedure(code) if len(code) == WHOLE_CODE else code, "The publisher refers from this code to that one."]
        for code in codes
    ]
    return subject.table(REFERENCE_COLUMNS, rows, "hcpcs") if rows else None


def _rbcs(subject: Subject) -> Block | None:
    row = subject.facts.row("rbcs")
    if row is None:
        return None
    name = " > ".join(filter(None, (row["category_name"], row["subcategory_name"], row["family_name"])))
    return subject.table(GROUP_COLUMNS, [[row["id"], name, "The code is assigned to this group of services."]], "rbcs")


def _ccs(subject: Subject) -> Block | None:
    row = reading.in_range("ccs", subject.code, subject.on)
    if row is None:
        return None
    why = f"The code is in the range {row.code} to {row['last']}."
    return subject.table(GROUP_COLUMNS, [[row["category"], row["label"], why]], "ccs")
