"""Puts what the datasets say of a code into its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

from webapp.codes.datasets import reading, releases
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.document import SECTIONS, Block, Document, Section
from webapp.codes.facts import (
    addons,
    crosswalks,
    descriptors,
    edits,
    history,
    index_terms,
    information,
    modifiers,
    rvus,
)
from webapp.codes.facts.subject import ICD10CM, Subject
from webapp.codes.listing import plain

BUILDERS: Mapping[str, Callable[[Subject], list[Block]]] = {
    "descriptor": descriptors.blocks,
    "information": information.blocks,
    "rvus": rvus.blocks,
    "addons": addons.blocks,
    "modifiers": modifiers.blocks,
    "edits": edits.blocks,
    "crosswalks": crosswalks.blocks,
    "index_terms": index_terms.blocks,
    "history": history.blocks,
}
"""Who makes each section from the datasets."""
SOURCES: Mapping[str, tuple[str, ...]] = {
    "information": ("mpfs", "opps", "asc", "hcpcs", "rbcs", "ccs", "tos"),
    "rvus": ("mpfs", "anesthesia"),
    "addons": ("aoc",),
    "modifiers": ("mpfs", "hcpcs"),
    "edits": ("ptp", "mue"),
    "crosswalks": ("gem", "hcc", "ccsr", "hcpcs", "rbcs", "ccs"),
    "index_terms": ("icd10cm-index",),
    "history": ("mpfs", "opps", "asc", "hcpcs", "mue"),
}
"""From which sources' datasets each section can come."""
RANGES = {"chapter", "block"}


def possible(datasets: Iterable[str]) -> set[str]:
    """Return the sections that have something to show where these datasets are loaded."""
    loaded = {DATASETS[dataset].source for dataset in datasets}
    return {section for section, sources in SOURCES.items() if loaded.intersection(sources)}


def with_facts(document: Document, day: date) -> Document:
    """Return a page with its data sections as of a day.

    The operator's own rows come first in each section. Ranges of codes have no data.
    """
    if document.kind in RANGES:
        return document
    facts = reading.facts(plain(document.key), day, diagnosis=document.system == ICD10CM)
    subject = Subject(document, facts, day, releases.on(day))
    made = {key: build(subject) for key, build in BUILDERS.items()}
    written = {section.key: section.blocks for section in document.sections}
    blocks = {key: [*written.get(key, ()), *made.get(key, ())] for key in SECTIONS}
    sections = [Section(key, found) for key, found in blocks.items() if found]
    return replace(document, sections=sections)
