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
            *(f"{kind}={text}" for kind, text in self.notes),
            *(f"term={text}" for text in self.terms),
        ]
        return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Listing:
    """One release of a system. `entries` come parents first; `refused` are lines left out, with the reason."""

    system: str
    source: str
    release: str
    valid_from: date
    valid_to: date | None
    file_name: str
    sha256: str
    entries: list[Entry]
    refused: list[str] = field(default_factory=list)


def plain(text: str) -> str:
    """Return a code as it is compared: in capitals, without dots and blanks."""
    return "".join(text.upper().replace(".", "").split())
