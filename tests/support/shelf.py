"""A small catalogue, loaded by the real importers, with a canary in every section that a plan can lock."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from flask import Flask

from tests.support import kept
from webapp.codes import article_files, information
from webapp.codes.datasets import loading
from webapp.codes.datasets.parsed import Given
from webapp.codes.document import SECTIONS
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import SourceFile
from webapp.codes.terms import keeping
from webapp.extensions import transaction

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
  <version>2027</version>
  <introduction><introSection type="title"><title>A short list</title></introSection></introduction>
  <chapter>
    <name>4</name>
    <desc>Sweet diseases (E00-E89)</desc>
    <section id="E08-E13">
      <desc>Sugar (E08-E13)</desc>
      <diag>
        <name>E11</name>
        <desc>Sweet blood</desc>
        <excludes1><note>canary-notes (E10.-)</note></excludes1>
        {leaves}
        <diag>
          <name>E11.A</name>
          <desc>Sweet blood of its own kind</desc>
          <inclusionTerm><note>Honeyed veins</note></inclusionTerm>
        </diag>
      </diag>
    </section>
  </chapter>
  <chapter>
    <name>19</name>
    <desc>Broken things (S00-T88)</desc>
    <section id="S50-S59">
      <desc>Broken arms (S50-S59)</desc>
      <diag>
        <name>S52</name>
        <desc>Broken forearm</desc>
        <sevenChrDef>
          <extension char="A">canary-seventh first</extension>
          <extension char="D">later</extension>
        </sevenChrDef>
        <diag><name>S52.501</name><desc>Broken radius</desc></diag>
      </diag>
    </section>
  </chapter>
</ICD10CM.tabular>
"""

ARTICLE = """---
system: hcpcs
code: G0105
title: A look into the bowel
author: The tests
updated: 2026-11-01
sources: [A made-up source]
---

## Common language description

canary-common_language in plain words.

## Indications

canary-indications.

## Procedure

1. Looking — canary-procedure.
2. Leaving — carefully.

## Post-procedure

canary-post_procedure.
"""

CODES = tuple(f"E11.{number}" for number in range(10))

ARTICLE_SECTIONS = ("common_language", "indications", "procedure", "post_procedure")
DATA_SECTIONS = tuple(SECTIONS)[list(SECTIONS).index("information") :]
CANARIES = {
    "notes": ("canary-notes", "/codes/icd-10-cm/E11.9"),
    "seventh_characters": ("canary-seventh", "/codes/icd-10-cm/S52.501"),
    **{key: (f"canary-{key}", "/codes/hcpcs/G0105") for key in (*ARTICLE_SECTIONS, *DATA_SECTIONS)},
}
"""Section key -> (its canary, the page that holds it). The two sections left out hold only what is free for all."""


def tabular(codes: Sequence[str] = CODES) -> SourceFile:
    leaves = "".join(f"<diag><name>{code}</name><desc>Sweet blood, kind {code[4:]}</desc></diag>" for code in codes)
    return SourceFile("icd10cm-tabular-2027.xml", TABULAR.format(leaves=leaves).encode())


def information_rows() -> SourceFile:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(information.HEADER)
    for key in DATA_SECTIONS:
        rows.writerow(["hcpcs", "G0105", key, "Field", f"canary-{key}", "what it means", "A made-up file, 2026"])
    return SourceFile("information.csv", text.getvalue().encode())


def fill(app: Flask, folder: Path, codes: Sequence[str] = CODES) -> None:
    """Load the catalogue into an application's database; `folder` takes the article.

    The release is newer than the one that sites start with, so that a start leaves it alone.
    """
    article = folder / "articles" / "hcpcs" / "G0105.md"
    article.parent.mkdir(parents=True)
    article.write_text(ARTICLE)

    def load() -> None:
        source = tabular(codes)
        with transaction():
            loading.load(source, icd10cm.read(source, Given()))
        with transaction():
            article_files.store(folder / "articles")
            information.import_information(information_rows())
        keeping.keep()

    with app.app_context():
        kept.filled(app, f"shelf {' '.join(codes)}", load)
