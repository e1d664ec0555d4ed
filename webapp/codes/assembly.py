"""Page documents of a whole release, made in one pass over its tree.

Codes under one parent share most of their page: the path, the siblings, the inherited notes. That part is written and
packed once for all of them (a family), which is what makes the load quick and the database small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.codes.document import deflate, encode
from webapp.codes.listing import Entry

Identify = Callable[[Entry], tuple[int, int]]
"""Gives a code's id, and the id it is metered under."""


@dataclass(slots=True)
class Family:
    """The shared part of the pages of some codes, and each code's id with its own part."""

    shared: bytes
    pages: list[tuple[int, bytes]]


class Assembly:
    """Builds the pages of one release. `head` is what all of them say: system, release, dates."""

    def __init__(self, head: Mapping[str, object], identify: Identify, extras: Mapping[str, Mapping[str, Any]]) -> None:
        """`extras` holds further fields of the pages that have any, by key: articles, data sections."""
        self._head, self._identify, self._extras = encode(head)[1:-1], identify, extras

    def families(self, entries: list[Entry]) -> Iterator[Family]:
        """Yield the families of all entries, the roots first."""
        roots = [entry for entry in entries if entry.parent is None]
        return self._below(None, roots, [], [])

    def _below(
        self, parent: Entry | None, members: list[Entry], path: list[str], inherited: list[str]
    ) -> Iterator[Family]:
        """Yield the family of all codes under `parent`, and those under it. `path` and `inherited` hold JSON texts."""
        links = [_link(member) for member in members]
        shared = [self._head, *_lists(path=path, siblings=links, inherited=inherited)]
        if parent is not None and any(member.meaning for member in members):
            shared.extend(_lists(terms=[encode(term) for term in parent.terms], seventh=_seventh(members)))
        pages = [(self._identify(member)[0], self._own(member)) for member in members]
        yield Family(deflate(f"{{{','.join(shared)}}}"), pages)
        for member, link in zip(members, links, strict=True):
            if member.children:
                notes = [encode({"kind": kind, "text": text, "origin": member.key}) for kind, text in member.notes]
                yield from self._below(member, member.children, [*path, link], notes + inherited)

    def _own(self, entry: Entry) -> bytes:
        code_id, meter_id = self._identify(entry)
        fields: dict[str, object] = {
            "key": entry.key,
            "code_id": code_id,
            "meter_id": meter_id,
            "kind": entry.kind,
            "title": entry.title,
            "title_is_official": entry.title_is_official,
            "billable": entry.billable,
        }
        if entry.notes:
            fields["notes"] = [{"kind": kind, "text": text} for kind, text in entry.notes]
        if entry.terms:
            fields["terms"] = entry.terms
        fields.update(self._extras.get(entry.key, ()))
        parts = [encode(fields)[1:-1]]
        if entry.children:
            sevenths = _seventh(entry.children)
            parts.extend(_lists(seventh=sevenths) if sevenths else _lists(children=[*map(_link, entry.children)]))
        return f"{{{','.join(parts)}}}".encode()


def _link(entry: Entry) -> str:
    fields: dict[str, object] = {"key": entry.key, "title": entry.title}
    if entry.billable:
        fields["billable"] = True
    return encode(fields)


def _seventh(entries: list[Entry]) -> list[str]:
    """Return the links to seventh-character codes, titled with what the character says."""
    return [encode({"key": each.key, "title": each.meaning, "billable": True}) for each in entries if each.meaning]


def _lists(**lists: list[str]) -> Iterator[str]:
    """Yield the JSON members for lists of JSON texts, leaving out the empty ones."""
    return (f'"{name}":[{",".join(items)}]' for name, items in lists.items() if items)
