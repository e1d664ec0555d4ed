"""The two indexes and two tables of ICD-10-CM in the publisher's layout, with made-up content."""

from __future__ import annotations

from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import icd10cm_index
from webapp.codes.importers.files import SourceFile

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<ICD10CM.index>\n  <version>2026</version>\n'
FOOT = "</ICD10CM.index>\n"

INDEX = f"""{HEAD}  <title>ICD-10-CM INDEX TO DISEASES and INJURIES</title>
  <letter>
    <title>D</title>
    <mainTerm>
      <title>Dragon<nemod>(green) (small)</nemod> fever NEC</title>
      <code>A00.9</code>
      <term level="1">
        <title>excori\u00e9e</title>
        <code>A00.-</code>
        <term level="2">
          <title>with<nemod>(much)</nemod>, smoke</title>
          <code>A00.0</code>
          <manif>B10.12XA</manif>
        </term>
      </term>
      <term level="1">
        <title><nemod>(gastro)</nemod></title>
        <code>C79.8-</code>
      </term>
      <term level="1">
        <title>hearth</title>
        <seeAlso>Fever, hearth</seeAlso>
        <code>B10</code>
      </term>
    </mainTerm>
    <mainTerm>
      <title>Drake</title>
      <see>Dragon</see>
      <seeAlso>Fire</seeAlso>
      <term level="1">
        <title>young</title>
      </term>
    </mainTerm>
  </letter>
  <letter>
    <title>W</title>
    <mainTerm>
      <title>Wing</title>
      <term level="1">
        <title>broken<nemod>(left)</nemod></title>
        <code>S52.0</code>
      </term>
      <term level="1">
        <title>broken<nemod>(right)</nemod></title>
        <code>S52.0</code>
      </term>
      <term level="1">
        <title>broken<nemod>(right)</nemod></title>
        <code>S52.0</code>
      </term>
    </mainTerm>
  </letter>
{FOOT}"""

EINDEX = f"""{HEAD}  <title>ICD-10-CM EXTERNAL CAUSE of INJURIES INDEX</title>
  <letter>
    <title>F</title>
    <mainTerm>
      <title>Falling<nemod>(from a dragon)</nemod></title>
      <subcat>W17.8</subcat>
      <term level="1">
        <title>asleep</title>
        <seecat>W06</seecat>
      </term>
      <term level="1">
        <title>onto</title>
        <see>categories W01 and</see>
        <code>W18</code>
      </term>
    </mainTerm>
  </letter>
{FOOT}"""

NEOPLASM = f"""{HEAD}  <indexHeading>
    <head col="1">Neoplasm</head>
    <head col="2">Malignant Primary</head>
    <head col="3">Malignant Secondary</head>
    <head col="4">Ca in situ</head>
    <head col="5">Benign</head>
    <head col="6">Uncertain Behavior</head>
    <head col="7">Unspecified Behavior</head>
  </indexHeading>
  <letter>
    <title>N</title>
    <mainTerm>
      <title>Neoplasm</title>
      <cell col="2">C80.1</cell>
      <cell col="3">C79.9</cell>
      <cell col="4">-</cell>
      <cell col="5">D36.-</cell>
      <cell col="6"/>
      <cell col="7">--</cell>
      <term level="1">
        <title>wing<nemod>(membrane)</nemod></title>
        <seeAlso>Neoplasm, tail</seeAlso>
        <manif>upper side of the wing</manif>
        <cell col="2">C44.60-</cell>
      </term>
      <term level="1">
        <title>tail</title>
        <see>Neoplasm, wing</see>
        <cell col="2">-</cell>
      </term>
    </mainTerm>
  </letter>
{FOOT}"""

DRUG = f"""{HEAD}  <title>ICD-10-CM TABLE of DRUGS and CHEMICALS</title>
  <indexHeading>
    <head col="1">Substance</head>
    <head col="2">Poisoning, Accidental (unintentional)</head>
    <head col="3">Poisoning, Intentional self-harm</head>
    <head col="4">Poisoning, Assault</head>
    <head col="5">Poisoning, Undetermined</head>
    <head col="6">Adverse effect</head>
    <head col="7">Underdosing</head>
  </indexHeading>
  <letter>
    <title>#</title>
    <mainTerm>
      <title>1-emberol<nemod>(smoke)</nemod></title>
      <cell col="2">T51.3X1</cell>
      <cell col="6">--</cell>
      <cell col="7">T51.3X6</cell>
    </mainTerm>
  </letter>
{FOOT}"""

NAMES = {
    "icd10cm-index": "icd10cm-index-April-1-2026-XML.xml",
    "icd10cm-eindex": "icd10cm-eindex-April-1-2026-XML.xml",
    "icd10cm-neoplasm": "icd10cm-neoplasm-April-1-2026-XML.xml",
    "icd10cm-drug": "icd10cm-drug-April-1-2026-XML.xml",
}
"""The publisher's names, by dataset."""
TEXTS = {"icd10cm-index": INDEX, "icd10cm-eindex": EINDEX, "icd10cm-neoplasm": NEOPLASM, "icd10cm-drug": DRUG}


def source(text: str = INDEX, name: str = NAMES["icd10cm-index"]) -> SourceFile:
    return SourceFile(name, text.encode())


def parsed(text: str = INDEX, name: str = NAMES["icd10cm-index"], given: Given | None = None) -> Parsed:
    """Read a file as the importer does."""
    return icd10cm_index.read(source(text, name), given or Given())
