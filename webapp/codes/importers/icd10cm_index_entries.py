"""Entries of an ICD-10-CM index or table: main terms with terms at up to nine levels below them, and their codes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree import ElementTree

from webapp.codes.datasets.parsed import Table
from webapp.codes.importers.icd10cm_xml import text_of
from webapp.codes.listing import FileRefused, plain

SEE = "SEE"
"""Stands for the code of an entry that only leads to another one."""
BETWEEN = " > "
CODE = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{0,4})?-?")
"""As printed: `C79.8-` and `E11.-` are the beginning of longer codes."""
NONE = frozenset({"", "-", "--"})
"""What stands in a cell that has no code."""
KINDS = {"code": "code", "manif": "manifestation", "seecat": "see", "subcat": "see"}
WORDS = {"seecat": "category ", "subcat": "subcategory "}
REFERENCES = {"see": "see", "seeAlso": "see_also"}
PASSED = {"title", "term", *REFERENCES}
DEEPEST = 20
"""Levels; the publisher has nine."""
MOST_ODD = 20
"""Codes without a code's shape that may be the publisher's slips; more, and the file is garbled."""


class Target(NamedTuple):
    """Where an entry leads: the code as printed, the kind of row, the column's heading, words to the code."""

    printed: str
    kind: str
    heading: str = ""
    see: str = ""


@dataclass(slots=True)
class Entries:
    """Collects the rows of a file. `headings` are those of the columns with codes, by their number.

    A row's part is a hash of path and kind, so that it is the same in every release.
    """

    file_name: str
    table: Table
    headings: Mapping[str, str]
    read: int = 0
    refused: list[str] = field(default_factory=list)
    odd: int = 0

    def letter(self, element: ElementTree.Element) -> None:
        """Read a letter's entries. Errors: FileRefused, naming the entry."""
        for child in element:
            if child.tag == "mainTerm":
                self._entry(child, "", 0)
            elif child.tag != "title":
                self._unknown(child.tag, f"Letter {text_of(element.find('title'))[:20]}")

    def _entry(self, element: ElementTree.Element, above: str, level: int) -> None:
        self.read += 1
        name, modifiers = _name(element.find("title"))
        path = BETWEEN.join(filter(None, (above, name)))
        if not name:
            raise FileRefused(f"{self.file_name}: an entry under {above[:100] or 'a letter'!r} has no <title>.")
        if element.get("level", "0") != str(level) or level > DEEPEST:
            raise FileRefused(f"{self.file_name}: {path[:100]!r} does not stand at the level that it says.")
        said = [(child.tag, text) for child in element if child.tag in REFERENCES and (text := text_of(child))]
        targets = list(self._targets(element, path))
        for target in targets:
            see = "; ".join(filter(None, (target.see, *(text for _, text in said))))
            whole = BETWEEN.join(filter(None, (path, target.heading)))
            self._add(plain(target.printed.rstrip("-")), (whole, target.kind, target.printed, modifiers, see))
        for tag, text in [] if targets else said:
            self._add(SEE, (path, REFERENCES[tag], "", modifiers, text))
        for term in element.findall("term"):
            self._entry(term, path, level + 1)

    def _targets(self, element: ElementTree.Element, path: str) -> Iterator[Target]:
        for child in element:
            text = text_of(child) if child.tag not in PASSED else ""
            if child.tag in KINDS:
                if self._is_code(child.tag, text, path):
                    yield Target(text, KINDS[child.tag], see=f"{WORDS[child.tag]}{text}" if child.tag in WORDS else "")
            elif child.tag == "cell":
                heading = self._heading(child.get("col", ""), path)
                if text not in NONE and self._is_code(child.tag, text, path):
                    yield Target(text, "code", heading)
            elif child.tag not in PASSED:
                self._unknown(child.tag, path)

    def _is_code(self, tag: str, text: str, path: str) -> bool:
        """Tell whether a code has the shape of one. Errors: FileRefused when too many have not."""
        if CODE.fullmatch(text):
            return True
        self.odd += 1
        self.refused.append(f"{path}: <{tag}> {text[:60]!r} is no code, left out")
        if self.odd > MOST_ODD:
            raise FileRefused(f"{self.file_name}: {path[:100]!r} and {MOST_ODD} entries before it lead to no code.")
        return False

    def _heading(self, column: str, path: str) -> str:
        if column not in self.headings:
            raise FileRefused(f"{self.file_name}: {path[:100]!r} has a cell in column {column[:20]!r}, which is none.")
        return self.headings[column]

    def _unknown(self, tag: str, path: str) -> None:
        self.refused.append(f"{path}: <{tag[:40]}> is no element known here, left out")

    def _add(self, code: str, values: tuple[str, str, str, str, str]) -> None:
        """Take a row. Entries of one name may differ in their modifiers; one that says the same again is left out."""
        path, kind, printed, _, see = values
        part = _hash(path, kind)
        if self.table.rows.get((code, part), values) != values:
            part = _hash(*values)
        if (code, part) in self.table.rows:
            self.refused.append(f"{path}: {printed or see} stands there again, left out")
        else:
            self.table.add(code, part, values, self.file_name)


def _name(title: ElementTree.Element | None) -> tuple[str, str]:
    """Return an entry's name and its nonessential modifiers. One of nothing but modifiers is named by them."""
    if title is None:
        return "", ""
    modifiers = " ".join(text_of(child) for child in title.findall("nemod"))
    others = (text_of(child) if child.tag != "nemod" else "" for child in title)
    pieces = [title.text or "", *(said + (child.tail or "") for child, said in zip(title, others, strict=True))]
    name = " ".join("".join(pieces).split())
    return (name, modifiers) if name else (modifiers, "")


def _hash(*texts: str) -> str:
    return hashlib.blake2b("\x1f".join(texts).encode(), digest_size=8).hexdigest()
