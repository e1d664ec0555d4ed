"""The ICD-10-CM tabular list: the XML that CDC/NCHS publish every October and, for mid-year changes, every April.

The file holds chapters, sections (blocks), and codes up to the sixth character. Codes with a seventh character are
not in it: `sevenChrDef` gives the characters for everything below, and a list of the codes that exist beside the file
tells which of the combinations are real.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from xml.etree import ElementTree

from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers.files import SourceFile, fingerprint
from webapp.codes.importers.icd10cm_names import block_key, code_list, release_of
from webapp.codes.importers.icd10cm_xml import Sevenths, children, read_notes, required, sevenths_of, text_of
from webapp.codes.listing import Entry, FileRefused, Listing, plain

SYSTEM = "icd-10-cm"
SOURCE = "icd10cm-tabular"
ROOT = "ICD10CM.tabular"
CHAPTERS = range(1, 100)
CODE = re.compile(r"[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?")
WHOLE_CODE = 7
"""Characters of a code that can take no further one."""
PLACEHOLDER = "X"


def read(file: SourceFile, given: Given) -> Parsed:
    """Read a tabular XML file, with the list of existing codes if there is one.

    Errors: FileRefused, naming what is wrong, when the file is not whole or no such file.
    """
    reader = _Reader(code_list(given.codes) if given.codes else None)
    version = ""
    for element in children(file, ROOT):
        if element.tag == "version":
            version = text_of(element)
        elif element.tag == "chapter":
            reader.chapter(element)
    if not reader.entries:
        raise FileRefused(f"{file.name} holds no chapter.")
    found = release_of(file.name, version, given.release, given.effective)
    reader.compare_with_list()
    listing = Listing(
        system=SYSTEM,
        source=SOURCE,
        release=found.name,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        file_name=file.name,
        sha256=fingerprint(file, given.codes),
        entries=reader.entries,
    )
    return Parsed(
        found.name, found.valid_from, found.valid_to, listing=listing, read=len(reader.entries), refused=reader.refused
    )


def first_day(file: SourceFile) -> date:
    """Tell a file's first valid day from its name and first lines. Errors: FileRefused."""
    version = next((text_of(element) for element in children(file, ROOT) if element.tag == "version"), "")
    return release_of(file.name, version, None, None).valid_from


@dataclass(slots=True)
class _Reader:
    """Collects the entries of a file, and what was left out of it."""

    known: frozenset[str] | None
    entries: list[Entry] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def chapter(self, element: ElementTree.Element) -> None:
        number = required(element, "name", "a chapter")
        if not (number.isascii() and number.isdigit() and int(number) in CHAPTERS):
            raise FileRefused(f"A chapter has the name {number[:20]!r}, which is no number.")
        chapter = self._add(Entry(f"chapter-{int(number)}", "chapter", required(element, "desc", f"Chapter {number}")))
        self._read_notes(element, chapter)
        enclosing = [chapter]
        for section in element.findall("section"):
            self._block(section, enclosing)

    def _block(self, element: ElementTree.Element, enclosing: list[Entry]) -> None:
        """Read a section. Sections follow each other flat in the file; a wider range holds the ones after it."""
        key, first, last = block_key(element.get("id", ""))
        while len(enclosing) > 1 and not _encloses(enclosing[-1].key, first, last):
            enclosing.pop()
        title = required(element, "desc", f"Section {key}").removesuffix(f"({element.get('id')})").rstrip()
        block = self._add(Entry(key, "block", title, enclosing[-1]))
        enclosing.append(block)
        self._read_notes(element, block)
        for diagnosis in element.findall("diag"):
            self._code(diagnosis, block, {})

    def _code(self, element: ElementTree.Element, parent: Entry, sevenths: Sevenths) -> None:
        key = required(element, "name", f"A code under {parent.key}")
        if not CODE.fullmatch(key) or (parent.kind != "block" and not plain(key).startswith(plain(parent.key))):
            raise FileRefused(f"{key[:20]!r} under {parent.key} is no code of this place.")
        entry = self._add(
            Entry(key, "category" if len(key) == 3 else "subcategory", required(element, "desc", key), parent)
        )
        self._read_notes(element, entry)
        sevenths = sevenths_of(element) or sevenths
        inner = element.findall("diag")
        for diagnosis in inner:
            self._code(diagnosis, entry, sevenths)
        if not inner:
            self._finish(entry, sevenths)

    def _finish(self, entry: Entry, sevenths: Sevenths) -> None:
        """Make the seventh-character codes of a code that has nothing below it; without any it is billable."""
        stem = plain(entry.key)
        if not sevenths or len(stem) >= WHOLE_CODE:
            entry.kind, entry.billable = "code", True
            return
        stem = stem.ljust(WHOLE_CODE - 1, PLACEHOLDER)
        for character, meaning in sevenths.items():
            if self.known is not None and stem + character not in self.known:
                continue
            key = f"{stem[:3]}.{stem[3:]}{character}"
            self._add(Entry(key, "code", f"{entry.title}, {meaning}", entry, billable=True, meaning=meaning))

    def _read_notes(self, element: ElementTree.Element, entry: Entry) -> None:
        unknown = read_notes(element, entry)
        self.refused.extend(f"{entry.key}: <{tag}> is no element known here, left out" for tag in unknown)

    def _add(self, entry: Entry) -> Entry:
        name = plain(entry.key)
        if name in self.seen:
            raise FileRefused(f"{entry.key} stands in the file twice.")
        self.seen.add(name)
        self.entries.append(entry)
        if entry.parent is not None:
            entry.parent.children.append(entry)
        return entry

    def compare_with_list(self) -> None:
        """Report what only one of the file and the list of codes has. Errors: FileRefused if they cannot belong."""
        if self.known is None:
            return
        billable = {plain(entry.key) for entry in self.entries if entry.billable}
        missing = sorted(billable - self.known)
        if len(missing) * 20 > len(billable):
            raise FileRefused(f"The list of codes lacks {len(missing)} of {len(billable)} codes: of another release?")
        self.refused.extend(f"{name}: in the tabular list, not in the list of codes" for name in missing)
        self.refused.extend(
            f"{name}: in the list of codes, not in the tabular list" for name in sorted(self.known - self.seen)
        )


def _encloses(key: str, first: str, last: str) -> bool:
    low, high = key.split("-")
    return low <= first and last <= high
