"""What of a document a rendition holds: locked content is taken out before any template sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from webapp.access.sentences import lock
from webapp.billing.plans import Plan, PlanCatalogue
from webapp.codes.document import SECTIONS, Document


@dataclass(frozen=True, slots=True)
class Entry:
    """One section of a page: shown, or locked with what is there (“8 steps”) and how to unlock it."""

    key: str
    heading: str
    locked: bool
    extent: str = ""
    sentence: str = ""
    href: str = ""


def entries(document: Document, plan: Plan, plans: PlanCatalogue) -> list[Entry]:
    """Return the sections that have content for this code, in catalogue order, locked where `plan` says so.

    A section that no plan shows is left out.
    """
    found = []
    for key, heading in SECTIONS.items():
        extent = _extent(document, key)
        if extent is None:
            continue
        if key in plan.sections:
            found.append(Entry(key, heading, False, extent))
        elif offer := lock(key, plan, plans):
            found.append(Entry(key, heading, True, extent, offer.text, offer.href))
    return found


def prune(document: Document, shown: list[Entry]) -> Document:
    """Return a copy that holds the unlocked sections only."""
    open_keys = {entry.key for entry in shown if not entry.locked}
    return replace(
        document,
        notes=document.notes if "notes" in open_keys else [],
        terms=document.terms if "notes" in open_keys else [],
        seventh=document.seventh if "seventh_characters" in open_keys else [],
        sections=[section for section in document.sections if section.key in open_keys],
    )


def preview(document: Document) -> Document:
    """Return a copy that holds what is free for all: title, lead and place in the hierarchy."""
    return replace(prune(document, []), children=[], siblings=[])


def _extent(document: Document, key: str) -> str | None:
    """Return how much content a section has (may be empty text), None if it has none."""
    if key in {"descriptor", "billable"}:
        return ""
    if key == "notes":
        count = len(document.notes) + len(document.terms)
        return _counted(count, "note") if count else None
    if key == "seventh_characters":
        return _counted(len(document.seventh), "code") if document.seventh else None
    section = document.section(key)
    return section.extent if section and section.blocks else None


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"
