"""The descriptor section of procedure codes: the publisher's texts, or a sentence saying why they are not here.

CPT and CDT texts are read from the licensed table alone, and only while the licence is in force. They are for whole
pages: nothing here may go into previews, titles, search, JSON-LD, sitemaps or anything that is stored.
"""

from __future__ import annotations

from markupsafe import escape

from webapp.codes.datasets import licences
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.document import Block, Cell
from webapp.codes.facts.subject import CPT, HCPCS, Subject

COLUMNS = ["Descriptor", "Text"]
LICENSED = {
    "Short": ("cpt-short", *(key for key, dataset in DATASETS.items() if dataset.licensed and key.endswith("-text"))),
    "Medium": ("cpt-medium",),
    "Long": ("cpt-long",),
    "Consumer": ("cpt-consumer",),
    "Clinician": ("cpt-clinician",),
}
"""Kinds of licensed descriptors, and the datasets that give them: the first that has any counts."""
NOT_HERE = "The official descriptor of this code is licensed by the {} and is not installed on this site."
NOT_LOADED = "This site holds a licence of the {}, but no descriptor of this code is loaded."


def blocks(subject: Subject) -> list[Block]:
    """Return what the descriptor section of a CPT, CDT or HCPCS Level II code shows; nothing for other systems."""
    if subject.document.system not in {CPT, HCPCS}:
        return []
    system = licences.needed(subject.code)
    return _public(subject) if system is None else [_licensed(subject, system)]


def _public(subject: Subject) -> list[Block]:
    given = {kind: subject.facts.value("hcpcs", kind.lower()) for kind in ("Short", "Long")}
    rows = [_row(kind, text) for kind, text in given.items() if text]
    return [subject.table(COLUMNS, rows, "hcpcs")] if rows else []


def _licensed(subject: Subject, system: str) -> Block:
    """The texts with the licence's copyright line, which is part of the same block so that it is never left out."""
    licence, holder = licences.installed(system), licences.HOLDERS[system]
    if licence is None:
        return _sentence(NOT_HERE.format(holder))
    texts = licences.texts(system, subject.code, subject.on)
    rows: list[list[Cell]] = []
    datasets = []
    for kind, sources in LICENSED.items():
        dataset = next((source for source in sources if source in texts), None)
        if dataset is not None:
            rows.extend(_row(kind, text) for text in texts[dataset])
            datasets.append(dataset)
    if not rows:
        return _sentence(NOT_LOADED.format(holder))
    block = subject.table(COLUMNS, rows, *datasets)
    block.source, block.licensed = f"{block.source}. {licence.line}", system
    return block


def _row(kind: str, text: str) -> list[Cell]:
    return [f"{kind} descriptor", text]


def _sentence(text: str) -> Block:
    return Block("prose", html=f"<p>{escape(text)}</p>")
