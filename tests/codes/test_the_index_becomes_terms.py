"""The indexes and tables of ICD-10-CM: each way that leads to a code is a row, under the code without its dot."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date

import pytest
from flask import Flask
from hypothesis import given as over
from hypothesis import settings

from tests.codes import garbling, indexes
from webapp.codes.datasets import loading, reading
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import icd10cm_index, icd10cm_xml
from webapp.codes.importers.files import SourceFile, open_source
from webapp.codes.importers.icd10cm_index_entries import DEEPEST, MOST_ODD, SEE
from webapp.codes.listing import FileRefused
from webapp.extensions import transaction

REAL = garbling.SHARED / "icd10cm"
Found = set[tuple[str, ...]]


def rows(done: Parsed) -> Found:
    """Return code and values of each row; parts only tell rows apart."""
    (table,) = done.tables
    return {(code, *values) for (code, _), values in table.rows.items()}


def rows_at(done: Parsed, path: str) -> Found:
    return {row for row in rows(done) if row[1] == path}


def refusal(text: str, name: str = indexes.NAMES["icd10cm-index"], given: Given | None = None) -> str:
    return garbling.refusal(icd10cm_index.read, indexes.source(text, name), given)


def test_an_entry_leads_to_its_code_below_its_main_term() -> None:
    assert rows(indexes.parsed()) == {
        ("A009", "Dragon fever NEC", "code", "A00.9", "(green) (small)", ""),
        ("A00", "Dragon fever NEC > excoriée", "code", "A00.-", "", ""),
        ("A000", "Dragon fever NEC > excoriée > with, smoke", "code", "A00.0", "(much)", ""),
        ("B1012XA", "Dragon fever NEC > excoriée > with, smoke", "manifestation", "B10.12XA", "(much)", ""),
        ("C798", "Dragon fever NEC > (gastro)", "code", "C79.8-", "", ""),
        ("B10", "Dragon fever NEC > hearth", "code", "B10", "", "Fever, hearth"),
        (SEE, "Drake", "see", "", "", "Dragon"),
        (SEE, "Drake", "see_also", "", "", "Fire"),
        ("S520", "Wing > broken", "code", "S52.0", "(left)", ""),
        ("S520", "Wing > broken", "code", "S52.0", "(right)", ""),
    }


def test_all_entries_are_counted_and_one_that_says_the_same_again_is_told() -> None:
    done = indexes.parsed()
    assert (done.read, done.refused) == (11, ["Wing > broken: S52.0 stands there again, left out"])


def test_an_external_cause_may_lead_to_a_category() -> None:
    assert rows(indexes.parsed(indexes.EINDEX)) == {
        ("W178", "Falling", "see", "W17.8", "(from a dragon)", "subcategory W17.8"),
        ("W06", "Falling > asleep", "see", "W06", "", "category W06"),
        ("W18", "Falling > onto", "code", "W18", "", "categories W01 and"),
    }


def test_a_table_leads_to_a_code_in_each_column() -> None:
    done = indexes.parsed(indexes.NEOPLASM)
    assert rows(done) == {
        ("C801", "Neoplasm > Malignant Primary", "code", "C80.1", "", ""),
        ("C799", "Neoplasm > Malignant Secondary", "code", "C79.9", "", ""),
        ("D36", "Neoplasm > Benign", "code", "D36.-", "", ""),
        ("C4460", "Neoplasm > wing > Malignant Primary", "code", "C44.60-", "(membrane)", "Neoplasm, tail"),
        (SEE, "Neoplasm > tail", "see", "", "", "Neoplasm, wing"),
    }
    assert done.read == 3
    assert done.refused == ["Neoplasm > wing: <manif> 'upper side of the wing' is no code, left out"]


def test_headings_are_the_same_with_commas_and_without() -> None:
    found = {
        ("T513X1", "1-emberol > Poisoning Accidental (unintentional)", "code", "T51.3X1", "(smoke)", ""),
        ("T513X6", "1-emberol > Underdosing", "code", "T51.3X6", "(smoke)", ""),
    }
    assert rows(indexes.parsed(indexes.DRUG)) == found
    assert rows(indexes.parsed(indexes.DRUG.replace("Poisoning,", "Poisoning"))) == found


@pytest.mark.parametrize("dataset", indexes.TEXTS)
def test_what_a_file_says_of_itself_tells_which_it_is(dataset: str) -> None:
    for name in indexes.NAMES.values():
        (table,) = indexes.parsed(indexes.TEXTS[dataset], name).tables
        assert table.dataset == dataset


def test_parts_are_the_same_in_every_release() -> None:
    """Whatever else changes: the order, other entries, modifiers, the way that codes are printed."""
    first = indexes.parsed().tables[0].rows
    letters = indexes.INDEX.split("  <letter>")
    text = "  <letter>".join([letters[0], letters[2].replace(indexes.FOOT, ""), letters[1] + indexes.FOOT])
    second = indexes.parsed(text.replace("(green)", "(red)").replace("A00.-", "A00-")).tables[0].rows
    assert set(second) == set(first)
    assert first["S520", "f9a5a28646e6206f"][0] == "Wing > broken"


def test_a_name_and_a_version_tell_the_days() -> None:
    done = indexes.parsed()
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("April 2026", "2026-04-01", "2026-09-30")
    done = indexes.parsed(name="icd10cm-index-2026.xml")
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("October 2025", "2025-10-01", "2026-09-30")
    done = indexes.parsed(name="my-2019.xml", given=Given("Mine", date(2026, 1, 1)))
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("Mine", "2026-01-01", "2026-09-30")


@pytest.mark.parametrize(
    ("name", "effective", "told"),
    [
        ("icd10cm-index-April-1-2027.xml", None, "is of fiscal year 2026, in which 2027-04-01 does not lie"),
        ("icd10cm-index-2025.xml", None, "is of fiscal year 2026, which its name does not say"),
        ("icd10cm-index-2026.xml", date(2026, 10, 1), "is of fiscal year 2026, in which 2026-10-01 does not lie"),
    ],
)
def test_a_file_of_another_year_is_refused(name: str, effective: date | None, told: str) -> None:
    assert told in refusal(indexes.INDEX, name, Given(effective=effective))


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no whole XML file: no element found: line 1"),
        (indexes.INDEX[:-20], "is no whole XML file: unclosed token: line 55"),
        (replaced(indexes.INDEX, "</term>", "</mainTerm>"), "is no whole XML file: mismatched tag: line 17"),
        (indexes.INDEX.replace("ICD10CM.index", "ICD10PCS.index"), "begins with <ICD10PCS.index>, not with <ICD10CM"),
        (replaced(indexes.INDEX, "<ICD10CM", '<!DOCTYPE x [<!ENTITY a "b">]><ICD10CM'), "declares a document type"),
        (replaced(indexes.INDEX, "<ICD10CM", f"{' ' * 9000}<!DOCTYPE x><ICD10CM"), "declares a document type"),
        (replaced(indexes.INDEX, '"utf-8"', '"klingon"'), "cannot be read as XML"),
        (replaced(indexes.INDEX, ">2026<", "><"), "names no fiscal year in <version>, but ''"),
        (replaced(indexes.INDEX, "DISEASES and INJURIES", "PROCEDURES"), "it is neither an index nor a table"),
        (f"{indexes.HEAD}{indexes.FOOT}", "holds no entry"),
        (replaced(indexes.INDEX, 'level="2"', 'level="3"'), "with, smoke' does not stand at the level that it says"),
        (replaced(indexes.INDEX, ' level="1"', ""), "excoriée' does not stand at the level that it says"),
        (replaced(indexes.INDEX, "<mainTerm>", '<mainTerm level="1">'), "'Dragon fever NEC' does not stand at"),
        (replaced(indexes.INDEX, "<title>hearth</title>", ""), "an entry under 'Dragon fever NEC' has no <title>"),
        (replaced(indexes.INDEX, "<title>Drake</title>", "<title> </title>"), "an entry under 'a letter' has no"),
        (
            replaced(indexes.INDEX, "<code>B10<", '<cell col="2">B10</cell><code>B10<'),
            "has a cell in column '2', which",
        ),
        (replaced(indexes.NEOPLASM, '<cell col="3">', '<cell col="8">'), "has a cell in column '8', which is none"),
        (replaced(indexes.NEOPLASM, ">Benign<", ">Harmless<"), "column 5 is 'Harmless', and 'Benign' is wanted"),
        (replaced(indexes.NEOPLASM, ">Neoplasm<", ">Growth<"), "column 1 is 'Growth', and 'Neoplasm or Substance' is"),
        (replaced(indexes.NEOPLASM, 'head col="4"', 'head col="5"'), "column 4 is '', and 'Ca in situ' is wanted"),
        (
            replaced(indexes.DRUG, '    <head col="7">Underdosing</head>\n', ""),
            "column 7 is '', and 'Underdosing' is wanted",
        ),
        (
            replaced(indexes.DRUG, "</indexHeading>", '<head col="8">Price</head></indexHeading>'),
            "8 columns, and not 7",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(text: str, told: str) -> None:
    assert told in refusal(text)


def test_text_with_two_bytes_for_each_letter_is_refused() -> None:
    file = SourceFile("icd10cm-index-2026.xml", indexes.INDEX.replace("utf-8", "utf-16").encode("utf-16"))
    assert "is no text in UTF-8 (byte 3 is zero)" in garbling.refusal(icd10cm_index.read, file)


@pytest.mark.parametrize("code", ["B1", "B10.12345", "b10", "B10-B12", "B10, B11", "-", ""])
def test_an_odd_code_is_left_out_and_told(code: str) -> None:
    done = indexes.parsed(replaced(indexes.INDEX, "<code>B10<", f"<code>{code}<"))
    assert f"Dragon fever NEC > hearth: <code> {code!r} is no code, left out" in done.refused
    assert rows_at(done, "Dragon fever NEC > hearth") == {
        (SEE, "Dragon fever NEC > hearth", "see_also", "", "", "Fever, hearth")
    }


def test_many_odd_codes_are_no_slips() -> None:
    text = replaced(indexes.INDEX, "<code>B10<", "<code>x</code>" * MOST_ODD + "<code>B10<")
    assert len(indexes.parsed(text).refused) == MOST_ODD + 1
    assert f"and {MOST_ODD} entries before it lead to no code" in refusal(text.replace(">B10<", ">y<"))


def test_elements_that_are_not_known_are_told() -> None:
    text = replaced(indexes.INDEX, "<see>", "<note>of old</note><see>")
    text = replaced(replaced(text, "<letter>", "<preface/><letter>"), "<mainTerm>", "<band/><mainTerm>")
    assert indexes.parsed(text).refused[:3] == [
        "<preface> is no element known here, left out",
        "Letter D: <band> is no element known here, left out",
        "Drake: <note> is no element known here, left out",
    ]


def test_levels_below_levels_have_an_end() -> None:
    levels = "".join(f'<term level="{level}"><title>x</title>' for level in range(1, 3000))
    text = f"{levels}{'</term>' * 2999}"
    text = replaced(indexes.INDEX, "</mainTerm>", f"{text}</mainTerm>")
    assert f"{' > x' * DEEPEST}"[:50] in refusal(text)


def test_no_more_than_a_letter_is_held_at_a_time() -> None:
    parts = icd10cm_xml.children(indexes.source(indexes.INDEX.replace("<title>W<", "<title>W<<")), icd10cm_index.ROOT)
    letter = next(part for part in parts if part.tag == "letter")
    assert len(letter) == 3
    with pytest.raises(FileRefused, match="no whole XML file"):
        next(parts)
    assert len(letter) == 0


@pytest.mark.parametrize("dataset", indexes.TEXTS)
def test_a_garbled_file_does_no_harm(dataset: str) -> None:
    @over(garbling.garbled(indexes.TEXTS[dataset].encode(), b"<"))
    @settings(max_examples=50, deadline=None)
    def run(data: bytes) -> None:
        file = SourceFile(indexes.NAMES[dataset], data)
        garbling.is_refused_or_fit_to_store(icd10cm_index.read, file, Given())

    run()


def test_entries_are_found_by_the_code(empty: Flask) -> None:
    for dataset, text in indexes.TEXTS.items():
        file = indexes.source(text, indexes.NAMES[dataset])
        with transaction():
            loading.load(file, icd10cm_index.read(file, Given()))
    facts = reading.facts("S520", date(2026, 5, 1))
    assert Counter(row["nonessential"] for row in facts.rows("icd10cm-index")) == {"(left)": 1, "(right)": 1}
    assert reading.facts("T513X6", date(2026, 5, 1)).rows("icd10cm-drug")[0]["path"] == "1-emberol > Underdosing"
    assert reading.facts("S520", date(2026, 3, 31)).rows("icd10cm-index") == []


@pytest.mark.skipif(not REAL.exists(), reason=garbling.ABSENT)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dataset", "read", "refused"),
    [
        ("icd10cm-index-2025.rebuilt.xml", "icd10cm-index", 81_024, 6),
        ("icd10cm-eindex-April-1-2026-XML.xml", "icd10cm-eindex", 8_090, 0),
        ("icd10cm-neoplasm-April-1-2026-XML.xml", "icd10cm-neoplasm", 1_940, 1),
        ("icd10cm-drug-April-1-2026-XML.xml", "icd10cm-drug", 7_430, 0),
    ],
)
def test_the_published_files_are_read_whole(name: str, dataset: str, read: int, refused: int) -> None:
    """Main terms and terms: 8,100 and 72,924 in the index, 314 and 7,776, 1 and 1,939, 5,179 and 2,251."""
    file, begun = open_source(REAL / name), time.process_time()
    done = icd10cm_index.read(file, Given())
    assert time.process_time() - begun < 5
    (table,) = done.tables
    assert (table.dataset, done.read, len(done.refused)) == (dataset, read, refused)
