"""Elements of the ICD-10-CM XML files: their parts as they are read, and of the tabular list notes and characters."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from xml.etree import ElementTree

from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import Entry, FileRefused

NOTE_KINDS = {
    "includes": "includes",
    "excludes1": "excludes1",
    "excludes2": "excludes2",
    "codeFirst": "code_first",
    "codeAlso": "code_also",
    "useAdditionalCode": "use_additional_code",
    "notes": "notes",
    "sevenChrNote": "seventh_character",
}
"""Kinds of coding notes: the file's element and our name."""
STRUCTURE = {"name", "desc", "diag", "section", "sectionIndex", "inclusionTerm", "sevenChrDef", "visualImpairment"}

Sevenths = dict[str, str]
"""Seventh characters and what each means."""


def children(file: SourceFile, root: str) -> Iterator[ElementTree.Element]:
    """Yield what stands directly below the root as it is read; each is emptied when the next is asked for.

    The parser loads nothing from outside; a document type, which no file of the publisher has, is refused, and with
    it entities that multiply. Errors: FileRefused, when the file is no whole XML, or begins with another element.
    """
    if b"\0" in file.data:  # of an encoding in which a document type is not found
        raise FileRefused(f"{file.name} is no text in UTF-8 (byte {file.data.index(0)} is zero).")
    if b"<!DOCTYPE" in file.data:
        raise FileRefused(f"{file.name} declares a document type, which no file of this source does.")
    depth = 0
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(file.data), ("start", "end")):  # noqa: S314  # as above
            if event == "start":
                if depth == 0 and element.tag != root:
                    raise FileRefused(f"{file.name} begins with <{element.tag[:40]}>, not with <{root}>.")
                depth += 1
                continue
            depth -= 1
            if depth == 1:
                yield element
                element.clear()
    except ElementTree.ParseError as error:
        raise FileRefused(f"{file.name} is no whole XML file: {error}.") from None
    except (ValueError, LookupError) as error:  # an encoding that the parser cannot read
        raise FileRefused(f"{file.name} cannot be read as XML: {error}.") from None


def read_notes(element: ElementTree.Element, entry: Entry) -> Iterator[str]:
    """Give an entry the notes and inclusion terms of its element; yield the tags of elements that are not known."""
    for child in element:
        if child.tag in NOTE_KINDS:
            entry.notes.extend((NOTE_KINDS[child.tag], text) for text in _notes(child))
        elif child.tag == "inclusionTerm":
            entry.terms.extend(_notes(child))
        elif child.tag == "visualImpairment":
            entry.notes.extend(("visual_impairment", text) for text in _impairments(child))
        elif child.tag == "sevenChrDef":
            entry.notes.extend(("seventh_character", text) for text in _remarks(child))
        elif child.tag not in STRUCTURE:
            yield child.tag


def sevenths_of(element: ElementTree.Element) -> Sevenths:
    definition = element.find("sevenChrDef")
    if definition is None:
        return {}
    found = {each.get("char", ""): text_of(each) for each in definition.findall("extension")}
    if not all(re.fullmatch(r"[0-9A-Z]", character) and meaning for character, meaning in found.items()):
        raise FileRefused(f"{required(element, 'name', 'A code')} defines a seventh character that is none.")
    return found


def _remarks(definition: ElementTree.Element) -> Iterator[str]:
    """Yield the notes among the seventh characters, each with the character that it stands after."""
    character = ""
    for child in definition:
        if child.tag == "extension":
            character = child.get("char", "")
        elif text := text_of(child):
            yield f"{character}: {text}" if character else text


def _impairments(table: ElementTree.Element) -> Iterator[str]:
    """Yield the lines of the table of visual impairment (under H54.8) as sentences."""
    for category in table.findall("visCategory"):
        number = text_of(category.find("value"))
        if not number:
            continue
        below = [text for each in category.findall("visRange/visMax/value") if (text := text_of(each))]
        least = [text for each in category.findall("visRange/visMin/value") if (text := text_of(each))]
        sentence = f"Category {number}: maximum less than {', '.join(below)}"
        yield f"{sentence}; minimum equal to or better than {', '.join(least)}" if least else sentence


def _notes(element: ElementTree.Element) -> Iterator[str]:
    return (text for note in element.findall("note") if (text := text_of(note)))


def text_of(element: ElementTree.Element | None) -> str:
    """Return an element's whole text on one line."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def required(element: ElementTree.Element, tag: str, where: str) -> str:
    text = text_of(element.find(tag))
    if not text:
        raise FileRefused(f"{where} has no <{tag}>.")
    return text
