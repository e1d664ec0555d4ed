"""What changed between two releases of the codes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask

from tests.codes import tabular
from webapp.codes import differences, loader
from webapp.codes.datasets import loading
from webapp.codes.datasets.parsed import Given
from webapp.codes.differences import Difference
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import open_source
from webapp.extensions import transaction

SYSTEM = "icd-10-cm"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "icd10cm"


def test_each_kind_of_change_is_told(catalogue: Flask) -> None:
    with transaction():
        loader.load(tabular.later_listing())
    assert differences.of_codes(SYSTEM, date(2026, 4, 1), date(2026, 10, 1)) == [
        Difference("A00.1", "added", new="Dragon fever with sparks"),
        Difference("A00.9", "changed", field="title", old="Dragon fever, unspecified", new="Dragon fever NOS"),
        Difference("S52.502", "ended", old="Broken root of left wing"),
        Difference("S52.502B", "ended", old="Broken root of left wing, open break"),
    ]
    assert differences.of_codes(SYSTEM, date(2026, 4, 1), date(2026, 9, 30)) == []


def test_a_changed_note_is_told_by_its_text(catalogue: Flask) -> None:
    text = tabular.XML.replace("Ember disease", "Ember illness").replace("<version>2026<", "<version>2027<")
    parsed = icd10cm.read(
        tabular.source(text), Given("October 2026", date(2026, 10, 1), tabular.source(tabular.CODES, "codes.txt"))
    )
    with transaction():
        loader.load(tabular.codes_of(parsed))
    assert differences.of_codes(SYSTEM, date(2026, 4, 1), date(2026, 10, 1)) == [
        Difference("A00.9", "changed", field="coding notes", old="inclusion term: Ember disease"),
        Difference("A00.9", "changed", field="coding notes", new="inclusion term: Ember illness"),
    ]


def told_directly(path: Path) -> dict[str, str]:
    """Codes and titles of a tabular file, read without anything of ours; no seventh characters."""
    root = ElementTree.parse(path).getroot()
    return {diag.findtext("name", ""): " ".join(diag.findtext("desc", "").split()) for diag in root.iter("diag")}


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project")
def test_two_releases_of_the_publisher_differ_as_their_files_do(app: Flask) -> None:
    old_file, new_file = SHARED / "icd10cm-tabular-April-2025.xml", SHARED / "icd10cm-tabular-April-1-2026.xml"
    with app.app_context():
        for path in (new_file, old_file):  # the older one afterwards: the order makes no difference
            source = open_source(path)
            with transaction():
                loading.load(source, icd10cm.read(source, Given()))
        found = differences.of_codes(SYSTEM, date(2025, 4, 1), date(2026, 4, 1))
    old, new = told_directly(old_file), told_directly(new_file)
    whole = old.keys() | new.keys()
    assert {each.code for each in found if each.what == "added"} & whole == new.keys() - old.keys()
    assert {each.code for each in found if each.what == "ended"} & whole == old.keys() - new.keys()
    titles = {each.code: (each.old, each.new) for each in found if each.field == "title" and each.code in whole}
    assert titles == {key: (old[key], new[key]) for key in old.keys() & new.keys() if old[key] != new[key]}
    assert len(new.keys() - old.keys()) > 300
