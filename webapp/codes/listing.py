"""What an importer gives: one release of a code system, as a tree of codes in the publisher's order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

from webapp.codes.document import Kind
from webapp.core.errors import BadInput

FORMAT = 1
"""Version of what importers make of a file. A file loaded by another version is loaded again."""


class FileRefused(BadInput):
    """A file that cannot be loaded; the message says what is wrong and where. Nothing was changed."""

    code = "file_refused"


@dataclass(slots=True, eq=False)
class Entry:
    """One code of a release. `notes` are (kind, text); `terms` are its inclusion terms."""

    key: str
    kind: Kind
    title: str
    parent: Entry | None = None
    billable: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    meaning: str = ""
    """Of a seventh-character code: what the character says."""
    title_is_official: bool = True
    children: list[Entry] = field(default_factory=list)

    @property
    def stem(self) -> Entry | None:
        """The code that this one is a seventh-character variant of."""
        return self.parent if self.meaning else None

    def digest(self) -> str:
        """A hash of all that a change of would make a new version. Its place among its siblings is no such thing."""
        parts = [
            self.kind,
            self.title,
            str(self.billable),
            self.parent.key if self.parent else "",
            self.meaning,
            *(() if self.title_is_official else ("working title",)),
            *(f"{kind}={text}" for kind, text in self.notes),
            *(f"term={text}" for text in self.terms),
        ]
        return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Listing:
    """One release of a system. `entries` come parents first."""

    system: str
    source: str
    release: str
    valid_from: date
    valid_to: date | None
    file_name: str
    sha256: str
    entries: list[Entry]


class Shelf:
    """Puts the codes of a system that has no hierarchy under groups, and under hundreds by number.

    A page lists its neighbours: among thousands under one heading it would be nothing but that.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._ranges: dict[str, Entry] = {}

    def put(self, code: Entry, group: str, title: str) -> None:
        """Take a code; codes come in the order of their groups and numbers. `group` is a key, with its `title`."""
        first, last = _hundred(code.key)
        hundred = self._range(f"{first}-{last}", f"Codes {first} to {last}", self._range(group, title, None))
        self._under(code, hundred)

    def _range(self, key: str, title: str, parent: Entry | None) -> Entry:
        found = self._ranges.get(key)
        if found is None:
            found = self._ranges[key] = Entry(key, "block", title, title_is_official=False)
            self._under(found, parent)
        return found

    def _under(self, entry: Entry, parent: Entry | None) -> None:
        entry.parent = parent
        if parent is not None:
            parent.children.append(entry)
        self.entries.append(entry)


def _hundred(code: str) -> tuple[str, str]:
    """Return the first and last number around a code: A0021 gives A0000 and A0099, 0054T gives 0000T and 0099T."""
    letter = code[4:] if code[4:].isalpha() else ""
    stem = code[: 3 - len(letter)]
    return f"{stem}00{letter}", f"{stem}99{letter}"


def plain(text: str) -> str:
    """Return a code as it is compared: in capitals, without dots and blanks."""
    return "".join(text.upper().replace(".", "").split())
