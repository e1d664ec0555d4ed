"""A code page as one stored document: built at import, read in one look-up, rendered by one template.

A document is plain JSON; the classes here give its shape. Nothing in it depends on who reads it: `access` says
which sections a rendition shows, and the template leaves out the rest.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, Literal

FORMAT = 2
"""Version of the stored shape. A stored page of another version is built again from its release's file."""

SECTIONS: dict[str, str] = {
    "descriptor": "Official descriptor",
    "billable": "Billable status",
    "notes": "Coding notes",
    "seventh_characters": "Seventh characters",
    "common_language": "Common language description",
    "indications": "Indications",
    "procedure": "Procedure",
    "post_procedure": "Post-procedure",
    "information": "Code information",
    "rvus": "RVUs and prices by locality",
    "addons": "Add-on and primary codes",
    "modifiers": "Modifiers",
    "edits": "Edits",
    "crosswalks": "Crosswalks",
    "index_terms": "Index terms",
    "history": "History",
}
"""Every section of a code page, in its order, with its heading."""

Kind = Literal["chapter", "block", "category", "subcategory", "code"]
"""The level in the hierarchy; `code` is a leaf, `chapter` and `block` are ranges."""


@dataclass(slots=True)
class Link:
    """A reference to another code of the same system. `key` is what its address ends with."""

    key: str
    title: str
    billable: bool = False


@dataclass(slots=True)
class Note:
    """One coding note. `origin` is the key of the ancestor it is inherited from, None for the code's own."""

    kind: str
    text: str
    origin: str | None = None


@dataclass(slots=True)
class Step:
    title: str
    html: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell that leads to a code's page. `text`: what it shows, if not the key."""

    system: str
    key: str
    text: str = ""

    def __str__(self) -> str:
        return self.text or self.key


Cell = str | Reference
"""A cell of a table: a text, or a link to a code."""


@dataclass(frozen=True, slots=True)
class ReleaseShown:
    """A release that a page shows something of. Days are ISO dates; `last` is empty while none is known."""

    dataset: str
    name: str
    first: str
    last: str


@dataclass(slots=True)
class Block:
    """One piece of a section: prose (sanitised HTML), steps, or a table of rows under columns.

    Stored tables hold texts only; links come with what is read from the datasets when a page is made.
    """

    kind: Literal["prose", "steps", "rows"]
    html: str = ""
    steps: list[Step] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: Sequence[Sequence[Cell]] = field(default_factory=list)
    source: str = ""
    licensed: str = ""
    """The licence whose texts it shows, empty for none. Such a block is never stored."""
    releases: list[ReleaseShown] = field(default_factory=list, compare=False)
    """What its source names, if it comes from datasets. Such a block is never stored."""

    @property
    def size(self) -> int:
        """How much there is: steps, rows, or words of prose."""
        return len(self.steps) or len(self.rows) or len(self.html.split())


@dataclass(slots=True)
class Section:
    """An article or data section: any key of SECTIONS after `seventh_characters`."""

    key: str
    blocks: list[Block]

    @property
    def heading(self) -> str:
        return SECTIONS[self.key]

    @property
    def extent(self) -> str:
        """What is there, told without telling any of it: “8 steps”, “12 rows”, “90 words”."""
        for kind, unit in (("steps", "step"), ("rows", "row"), ("prose", "word")):
            count = sum(block.size for block in self.blocks if block.kind == kind)
            if count:
                return f"{count} {unit}{'' if count == 1 else 's'}"
        return ""


@dataclass(slots=True)
class Document:
    """What one code's page is made of, as of one release."""

    system: str
    system_name: str
    key: str
    """What the address ends with and the page shows: `E11.9`, `G0105`, `A00-A09`, `chapter-1`."""
    code_id: int
    meter_id: int
    """What a view is counted under: the parent's id for a seventh-character code, else the code's own."""
    kind: Kind
    title: str
    title_is_official: bool
    billable: bool
    release: str
    release_from: str
    """First and last valid day of the release, ISO dates; `release_to` is empty while no end is known."""
    release_to: str
    valid_from: str = ""
    """First day of this code with this billable status, as far back as the loaded releases know. Not stored: older
    releases may be loaded later."""
    valid_to: str = ""
    """Last valid day of a code that ended in an earlier release; empty while the release has the code."""
    path: list[Link] = field(default_factory=list)
    """Ancestors, from the chapter down, without the code itself."""
    children: list[Link] = field(default_factory=list)
    siblings: list[Link] = field(default_factory=list)
    """Codes under the same parent, in order, with the code itself among them."""
    terms: list[str] = field(default_factory=list)
    """Inclusion terms."""
    notes: list[Note] = field(default_factory=list)
    seventh: list[Link] = field(default_factory=list)
    """Complete codes that this stem's seventh characters make; `title` is the character's meaning."""
    sections: list[Section] = field(default_factory=list)
    copyright: str = ""
    author: str = ""
    updated: str = ""
    sources: list[str] = field(default_factory=list)

    @property
    def lead(self) -> str:
        """One free sentence on the code, fit for the preview and search engines."""
        place = f", under {label(self.path[-1].key)}: {self.path[-1].title}" if self.path else ""
        if self.billable:
            return f"{self.key} is a billable code of {self.system_name}{place}."
        return f"{label(self.key)} is a heading of {self.system_name}, not billable by itself{place}."

    @property
    def releases_shown(self) -> list[ReleaseShown]:
        """The releases that the page's sections come from, that of the codes themselves first."""
        own = ReleaseShown(self.system_name, self.release, self.release_from, self.release_to)
        blocks = (block for section in self.sections for block in section.blocks)
        return list(dict.fromkeys([own, *(each for block in blocks for each in block.releases)]))

    def section(self, key: str) -> Section | None:
        return next((section for section in self.sections if section.key == key), None)


encode: Callable[[object], str] = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
"""Makes compact JSON."""


def label(key: str) -> str:
    """Return a code's key as people write it: “Chapter 4” for `chapter-4`, a code as it is."""
    return key.replace("-", " ").capitalize() if key[:1].islower() else key


def dump(document: Document) -> bytes:
    """Pack a document for storage: JSON without what is at its default, deflated."""
    raw = asdict(document)
    for each in fields(Document):
        default = each.default if each.default_factory is MISSING else each.default_factory()
        if raw[each.name] == default:
            del raw[each.name]
    return deflate(encode(raw))


def deflate(text: str) -> bytes:
    """Pack JSON text."""
    return zlib.compress(text.encode(), 1)


def parse(packed: bytes) -> Document:
    """Unpack a page: what `dump` packed, or what `deflate` made of the part that a family of codes shares, followed
    by the code's own JSON as it is. Inherited notes stand apart from the code's own in the shared part.
    """
    inflater = zlib.decompressobj()
    raw: dict[str, Any] = json.loads(inflater.decompress(packed))
    if inflater.unused_data:
        raw.update(json.loads(inflater.unused_data))
    for name in ("path", "children", "siblings", "seventh"):
        raw[name] = [Link(**item) for item in raw.get(name, ())]
    raw["notes"] = [Note(**item) for item in (*raw.get("notes", ()), *raw.pop("inherited", ()))]
    raw["sections"] = [read_section(section) for section in raw.get("sections", ())]
    return Document(**raw)


def read_section(raw: dict[str, Any]) -> Section:
    """Return a section from its JSON."""
    blocks = [Block(**{**block, "steps": [Step(**step) for step in block.get("steps", ())]}) for block in raw["blocks"]]
    return Section(raw["key"], blocks)
