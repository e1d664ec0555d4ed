"""An invented code page for `/dev/components`: every block, with long and odd content. No real code or title."""

from __future__ import annotations

from webapp.codes.document import SECTIONS, Block, Document, Link, Note, Section, Step
from webapp.codes.rendition import Entry

LONG_TITLE = (
    "Imaginary disorder of the left great toe, with delayed and otherwise unexplained tingling, "
    "subsequent encounter for a sample with routine layout"
)


def sample_document() -> Document:
    """Return a document that has content in every kind of section."""
    return Document(
        system="sample",
        system_name="Sample-10",
        key="X00.01",
        code_id=1,
        meter_id=1,
        kind="code",
        title=LONG_TITLE,
        title_is_official=False,
        billable=True,
        release="Sample release 2026",
        release_from="2025-10-01",
        release_to="2026-09-30",
        valid_from="2015-10-01",
        path=[
            Link("chapter-1", "Sample chapter"),
            Link("X00-X09", "Sample block"),
            Link("X00", "Sample category"),
            Link("X00.0", "Sample subcategory"),
        ],
        children=[],
        siblings=[Link(f"X00.0{n}", f"Imaginary disorder, kind {n}", True) for n in range(4)],
        terms=["Tingling toe", "Toe, tingling, sample"],
        notes=[
            Note("includes", "any toe that tingles in an example"),
            Note("excludes1", "tingling of the finger (X01.-)"),
            Note("excludes2", "tingling caused by reading (X09.9)", "X00-X09"),
            Note("code_first", "the underlying example", "chapter-1"),
        ],
        seventh=[Link("X00.01XA", "initial encounter", True), Link("X00.01XD", "subsequent encounter", True)],
        sections=[
            Section("common_language", [Block("prose", html="<p>The toe tingles, and nobody knows why.</p>")]),
            Section("procedure", [Block("steps", steps=_steps())]),
            Section("information", [_information()]),
        ],
        copyright="Sample text of this project.",
        author="Codeshelf contributors",
        updated="2026-11-21",
        sources=["A handbook that does not exist, chapter 3"],
    )


def _steps() -> list[Step]:
    return [
        Step("Looking", "<p>The toe is looked at in good light.</p>"),
        Step("Asking", "<p>The reader is asked when the tingling began.</p>"),
    ]


def _information() -> Block:
    rows = [
        ["Status Code", "A", "Active: paid separately when covered."],
        ["Global Days", "XXX", "The global concept does not apply."],
        ["Multiple Procedures (51)", "0", "No adjustment rules for multiple procedures apply."],
    ]
    return Block("rows", columns=["Field", "Value", "Meaning"], rows=rows, source="Sample file, October 2025")


def sample_entries() -> list[Entry]:
    """Return the contents of the sample: three sections open and three locked."""
    keys = ("descriptor", "billable", "notes", "seventh_characters", "common_language", "procedure", "information")
    shown = [Entry(key, SECTIONS[key], locked=False) for key in keys]
    locked = [
        Entry("modifiers", SECTIONS["modifiers"], True, "12 rows", "Create a free account to unlock this content", "#"),
        Entry("edits", SECTIONS["edits"], True, "1 row", "Upgrade to Pro to unlock this content", "#"),
    ]
    return shown + locked
