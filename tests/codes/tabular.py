"""A tabular list in the publisher's layout, with made-up content: two chapters, 19 entries."""

from __future__ import annotations

from datetime import date

from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import Listing

FILE_NAME = "icd10cm-tabular-April-1-2026.xml"

XML = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
  <version>2026</version>
  <introduction><introSection type="title"><title>A made-up list</title></introSection></introduction>
  <chapter>
    <name>1</name>
    <desc>Imagined fevers (A00-B99)</desc>
    <includes><note>fevers caught from dragons</note></includes>
    <useAdditionalCode><note>code for the dragon's colour (Z16.-)</note></useAdditionalCode>
    <sectionIndex><sectionRef first="A00" last="A09" id="A00-A09">Hot fevers</sectionRef></sectionIndex>
    <section id="A00-A09">
      <desc>Hot fevers (A00-A09)</desc>
    </section>
    <section id="A00-A03">
      <desc>Very hot fevers (A00-A03)</desc>
      <codeFirst><note>the burn, if any</note></codeFirst>
      <diag>
        <name>A00</name>
        <desc>Dragon fever</desc>
        <excludes1><note>wyvern fever (A05.-)</note></excludes1>
        <diag>
          <name>A00.0</name>
          <desc>Dragon fever with sm\u00f3ke</desc>
        </diag>
        <diag>
          <name>A00.9</name>
          <desc>Dragon fever, unspecified</desc>
          <inclusionTerm><note>Smouldering NOS</note><note>Ember disease</note></inclusionTerm>
          <excludes2><note>hearth
            fever (B10)</note></excludes2>
        </diag>
      </diag>
    </section>
    <section id="B10">
      <desc>Hearth fever (B10)</desc>
      <diag>
        <name>B10</name>
        <desc>Hearth fever</desc>
        <codeAlso><note>the hearth</note></codeAlso>
      </diag>
    </section>
  </chapter>
  <chapter>
    <name>19</name>
    <desc>Imagined injuries (S00-T88)</desc>
    <notes><note>Injuries of the body only.</note></notes>
    <section id="S50-S59">
      <desc>Injuries to the wing (S50-S59)</desc>
      <diag>
        <name>S52</name>
        <desc>Broken wing</desc>
        <sevenChrNote><note>Add the character to each code under S52</note></sevenChrNote>
        <sevenChrDef>
          <extension char="A">first flight</extension>
          <note>maiden flight</note>
          <extension char="D">later flight</extension>
          <extension char="S">sequela</extension>
        </sevenChrDef>
        <diag>
          <name>S52.0</name>
          <desc>Broken wing tip</desc>
          <inclusionTerm><note>Clipped wing</note></inclusionTerm>
        </diag>
        <diag>
          <name>S52.5</name>
          <desc>Broken wing root</desc>
          <sevenChrDef>
            <extension char="B">open break</extension>
          </sevenChrDef>
          <diag><name>S52.501</name><desc>Broken root of right wing</desc></diag>
          <diag><name>S52.502</name><desc>Broken root of left wing</desc></diag>
        </diag>
      </diag>
    </section>
  </chapter>
</ICD10CM.tabular>
"""

CODES = """1
A00-A09
A00
A000
A009
B10
S52
S520
S520XXA
S520XXD
S525
S52501
S52501B
S52502
S52502B
"""
"""The list of codes: `S52.0XXS`, which the seventh characters would make, is not in it."""


def source(text: str = XML, name: str = FILE_NAME) -> SourceFile:
    return SourceFile(name, text.encode())


def listing(
    text: str = XML, codes: str | None = CODES, release: str | None = None, effective: date | None = None
) -> Listing:
    """Read a list as the importer does, and return the codes."""
    return codes_of(parsed(text, codes, release, effective))


def parsed(
    text: str = XML, codes: str | None = CODES, release: str | None = None, effective: date | None = None
) -> Parsed:
    """Read a list as the importer does."""
    given = Given(release, effective, source(codes, "codes.txt") if codes else None)
    return icd10cm.read(source(text), given)


def codes_of(read: Parsed) -> Listing:
    assert read.listing is not None
    return read.listing


def later(text: str = XML) -> str:
    """The list of the fiscal year after: one title changed, one code gone, one new."""
    return (
        text.replace("<version>2026<", "<version>2027<")
        .replace("Dragon fever, unspecified", "Dragon fever NOS")
        .replace("<diag><name>S52.502</name><desc>Broken root of left wing</desc></diag>", "")
        .replace("<name>B10</name>", "<name>B10</name>", 1)
        .replace(
            "<diag>\n          <name>A00.9</name>",
            "<diag><name>A00.1</name><desc>Dragon fever with sparks</desc></diag>\n"
            "        <diag>\n          <name>A00.9</name>",
        )
    )


LATER_CODES = CODES.replace("S52502\nS52502B\n", "").replace("A009", "A001\nA009")


def later_listing() -> Listing:
    """The list of October 2026."""
    given = Given(None, date(2026, 10, 1), source(LATER_CODES, "codes.txt"))
    return codes_of(icd10cm.read(source(later(), "icd10cm-tabular-2027.xml"), given))
