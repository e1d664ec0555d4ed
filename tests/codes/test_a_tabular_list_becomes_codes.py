"""The importer of the ICD-10-CM tabular list, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from tests.codes import tabular
from webapp.codes.importers import icd10cm
from webapp.codes.importers.icd10cm_names import release_of
from webapp.codes.listing import Entry, FileRefused


def by_key(text: str = tabular.XML, codes: str | None = tabular.CODES) -> dict[str, Entry]:
    return {entry.key: entry for entry in tabular.listing(text, codes).entries}


def path(entry: Entry) -> list[str]:
    return [*path(entry.parent), entry.parent.key] if entry.parent else []


def test_every_level_has_its_kind() -> None:
    kinds = {key: entry.kind for key, entry in by_key().items()}
    assert kinds["chapter-1"] == "chapter"
    assert kinds["A00-A09"] == "block"
    assert kinds["A00"] == "category"
    assert kinds["S52.5"] == "subcategory"
    assert kinds["A00.9"] == kinds["S52.501B"] == "code"


def test_a_section_inside_a_wider_one_stands_below_it() -> None:
    assert path(by_key()["A00.9"]) == ["chapter-1", "A00-A09", "A00-A03", "A00"]


def test_a_section_beside_a_wider_one_does_not() -> None:
    assert path(by_key()["B10"]) == ["chapter-1", "B10-B10"]


def test_a_section_of_one_category_has_a_key_of_its_own() -> None:
    entries = by_key()
    assert entries["B10-B10"].kind == "block"
    assert entries["B10"].kind == "code"


def test_a_wider_section_does_not_hold_what_came_before_it() -> None:
    text = tabular.XML.replace('id="B10"', 'id="C7A"').replace(">B10<", ">C7A<").replace("(B10)", "(C7A)")
    text = text.replace(
        "  </chapter>\n  <chapter>", '<section id="C76-C80"><desc>Late (C76-C80)</desc></section></chapter><chapter>'
    )
    assert path(by_key(text, None)["C76-C80"]) == ["chapter-1"]


def test_titles_do_not_repeat_the_range() -> None:
    assert by_key()["A00-A03"].title == "Very hot fevers"


def test_only_codes_that_are_complete_are_billable() -> None:
    billable = {key for key, entry in by_key().items() if entry.billable}
    assert billable == {"A00.0", "A00.9", "B10", "S52.0XXA", "S52.0XXD", "S52.501B", "S52.502B"}


def test_seventh_characters_that_are_not_in_the_list_are_left_out() -> None:
    assert "S52.0XXS" not in by_key()
    assert "S52.0XXS" in by_key(codes=None)


def test_a_short_stem_is_filled_with_placeholders() -> None:
    code = by_key()["S52.0XXA"]
    assert code.stem is code.parent
    assert path(code)[-1] == "S52.0"


def test_a_seventh_character_code_is_titled_after_its_stem() -> None:
    assert by_key()["S52.501B"].title == "Broken root of right wing, open break"
    assert by_key()["S52.501B"].meaning == "open break"


def test_characters_defined_further_down_replace_those_from_above() -> None:
    assert "S52.501A" not in by_key(codes=None)


def test_every_kind_of_note_is_kept_in_order_on_one_line() -> None:
    entries = by_key()
    assert entries["chapter-1"].notes == [
        ("includes", "fevers caught from dragons"),
        ("use_additional_code", "code for the dragon's colour (Z16.-)"),
    ]
    assert entries["A00-A03"].notes == [("code_first", "the burn, if any")]
    assert entries["A00"].notes == [("excludes1", "wyvern fever (A05.-)")]
    assert entries["A00.9"].notes == [("excludes2", "hearth fever (B10)")]
    assert entries["A00.9"].terms == ["Smouldering NOS", "Ember disease"]
    assert entries["B10"].notes == [("code_also", "the hearth")]
    assert entries["chapter-19"].notes == [("notes", "Injuries of the body only.")]
    assert entries["S52"].notes == [
        ("seventh_character", "Add the character to each code under S52"),
        ("seventh_character", "A: maiden flight"),
    ]


def test_the_table_of_visual_impairment_becomes_sentences() -> None:
    table = """<visualImpairment>
      <visCategory><heading>Category</heading><visRange><heading>Acuity</heading></visRange></visCategory>
      <visCategory><value>1</value><visRange><visMax><value>6/18</value></visMax>
        <visMin><value>6/60</value></visMin></visRange><visRange><visMax><value>20/70</value></visMax></visRange>
      </visCategory>
      <visCategory><value>5</value><visRange><visMax><value>nothing</value></visMax></visRange></visCategory>
    </visualImpairment>"""
    text = tabular.XML.replace("<desc>Hearth fever</desc>", f"<desc>Hearth fever</desc>{table}")
    assert [note for note in by_key(text)["B10"].notes if note[0] == "visual_impairment"] == [
        ("visual_impairment", "Category 1: maximum less than 6/18, 20/70; minimum equal to or better than 6/60"),
        ("visual_impairment", "Category 5: maximum less than nothing"),
    ]


def test_an_element_that_is_not_known_is_reported() -> None:
    text = tabular.XML.replace("<desc>Hearth fever</desc>", "<desc>Hearth fever</desc><moon><note>x</note></moon>")
    assert tabular.parsed(text).refused == ["B10: <moon> is no element known here, left out"]


def test_what_only_the_list_of_codes_has_is_reported() -> None:
    assert tabular.parsed(codes=tabular.CODES + "S53\n").refused == [
        "S53: in the list of codes, not in the tabular list"
    ]


def test_the_publishers_own_file_of_codes_will_do_as_the_list() -> None:
    billable = (
        "A000    Dragon\r\nA009    Dragon\r\nB10     Hearth\r\nS520XXA Tip\r\nS520XXD Tip\r\nS52501B R\r\nS52502B L\r\n"
    )
    assert tabular.parsed(codes=billable).refused == []
    assert "S52.0XXS" not in by_key(codes=billable)


@pytest.mark.parametrize(
    ("file_name", "version", "name", "first", "last"),
    [
        ("icd10c-tabular-April-1-2026.xml", "2026", "April 2026", date(2026, 4, 1), date(2026, 9, 30)),
        ("icd10cm-tabular-April-2025.xml", "2025", "April 2025", date(2025, 4, 1), date(2025, 9, 30)),
        ("icd10cm_tabular_2021.xml", "2021", "October 2020", date(2020, 10, 1), date(2021, 9, 30)),
        ("icd10cm-tabular-October_1_2026.xml", "2027", "October 2026", date(2026, 10, 1), date(2027, 9, 30)),
        ("Tabular.xml", "2026", "October 2025", date(2025, 10, 1), date(2026, 9, 30)),
    ],
)
def test_a_release_is_named_after_its_first_day(
    file_name: str, version: str, name: str, first: date, last: date
) -> None:
    found = release_of(file_name, version, None, None)
    assert (found.name, found.valid_from, found.valid_to) == (name, first, last)


def test_name_and_first_day_may_be_given() -> None:
    listing = tabular.listing(release="Spring", effective=date(2026, 5, 1))
    assert (listing.release, listing.valid_from, listing.valid_to) == ("Spring", date(2026, 5, 1), date(2026, 9, 30))


def test_the_first_day_is_told_without_reading_the_whole_file() -> None:
    beginning = tabular.XML[: tabular.XML.index("<chapter>")]
    assert icd10cm.first_day(tabular.source(beginning + "<chapter>" + "</chapter>" * 2)) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("ICD10CM.tabular>", "ICD10PCS.tabular>", "begins with <ICD10PCS.tabular>"),
        ("<version>2026</version>", "", "names no fiscal year"),
        ("<version>2026</version>", "<version>1.2</version>", "names no fiscal year in <version>, but '1.2'"),
        ("<version>2026</version>", "<version>2025</version>", "of fiscal year 2025, in which 2026-04-01 does not lie"),
        ("<name>19</name>", "<name>nineteen</name>", "'nineteen', which is no number"),
        ("<name>19</name>", "<name>1</name>", "chapter-1 stands in the file twice"),
        ('<section id="B10">', '<section id="B9">', "'B9', which is no range"),
        ('<section id="A00-A03">', '<section id="A03-A00">', "no range of categories"),
        ("<name>A00.9</name>", "<name>A00.0</name>", "A00.0 stands in the file twice"),
        ("<name>A00.9</name>", "<name>A01.9</name>", "'A01.9' under A00 is no code of this place"),
        ("<name>A00.9</name>", "<name>robots</name>", "'robots' under A00"),
        ("<name>A00.9</name>", "", "A code under A00 has no <name>"),
        ("<desc>Dragon fever, unspecified</desc>", "<desc> </desc>", "A00.9 has no <desc>"),
        ('<extension char="B">', '<extension char="BB">', "S52.5 defines a seventh character that is none"),
    ],
)
def test_a_file_of_another_layout_is_refused_by_name(old: str, new: str, complaint: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        tabular.listing(tabular.XML.replace(old, new))
    assert complaint in refusal.value.message


def test_a_file_without_chapters_is_refused() -> None:
    with pytest.raises(FileRefused, match="holds no chapter"):
        tabular.listing("<ICD10CM.tabular><version>2026</version></ICD10CM.tabular>")


def test_a_document_type_is_refused_with_its_entities() -> None:
    text = tabular.XML.replace("<ICD10CM.tabular>", '<!DOCTYPE x [<!ENTITY a "b">]><ICD10CM.tabular>', 1)
    with pytest.raises(FileRefused, match="declares a document type"):
        tabular.listing(text)


@pytest.mark.parametrize(
    ("codes", "complaint"),
    [
        ("A000\nnonsense\n", "line 2: 'nonsense' is no code"),
        ("\n\n", "holds no code"),
        ("Z000\nZ001\n", "of another release"),
    ],
)
def test_a_list_of_codes_that_is_none_is_refused(codes: str, complaint: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        tabular.listing(codes=codes)
    assert complaint in refusal.value.message
