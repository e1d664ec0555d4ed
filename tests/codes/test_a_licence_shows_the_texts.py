"""The descriptor section: the licensee's texts with the copyright line while the licence lasts, else a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask

from tests.codes import given_rows, licensed
from webapp.codes.datasets import licences, loading
from webapp.codes.datasets.licences import CDT, CPT
from webapp.codes.datasets.parsed import Parsed, Table
from webapp.codes.document import Block
from webapp.codes.facts import descriptors
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused
from webapp.core import clock
from webapp.extensions import transaction

DAY = date(2026, 1, 1)
KINDS = ("short", "medium", "long", "consumer")


def load(*rows: tuple[str, str, str, str], first: date = DAY) -> None:
    """Load licensed texts: dataset, code, part, text."""
    tables: dict[str, Table] = {}
    for dataset, code, part, text in rows:
        tables.setdefault(dataset, Table(dataset, licensed=True)).add(code, part, (text,), "a row")
    with transaction():
        parsed = Parsed(f"{first:%Y}", first, None, list(tables.values()))
        loading.load(SourceFile("texts.txt", repr((first, rows)).encode()), parsed)


def section(code: str, system: str = "cpt", day: date = DAY) -> list[Block]:
    return descriptors.blocks(given_rows.subject(code, system, day))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def move(days: int) -> None:
        monkeypatch.setattr(clock, "offset", lambda: timedelta(days=days))

    return move


def test_all_kinds_of_texts_stand_in_one_table_with_the_copyright_line(empty: Flask) -> None:
    licensed.install(CPT)
    load(
        *((f"cpt-{kind}", "10001", "", f"Made-up {kind} text") for kind in KINDS),
        ("cpt-clinician", "10001", "0001", "Made-up words one"),
        ("cpt-clinician", "10001", "0002", "Made-up words two"),
    )
    shown = section("10001")
    (block,) = shown
    assert given_rows.texts(block) == [
        *([f"{kind.capitalize()} descriptor", f"Made-up {kind} text"] for kind in KINDS),
        ["Clinician descriptor", "Made-up words one"],
        ["Clinician descriptor", "Made-up words two"],
    ]
    assert block.source.startswith("CPT short descriptors, 2026; CPT medium descriptors, 2026; ")
    assert block.source.endswith(f". {licensed.LINE}")
    assert shown[0].licensed == CPT


def test_without_a_licence_a_sentence_says_whose_text_is_not_here(empty: Flask) -> None:
    load(("cpt-long", "10001", "", "Made-up text"))
    for code, system, holder in (("10001", "cpt", "American Medical"), ("D0001", "hcpcs", "American Dental")):
        (block,) = section(code, system)
        assert block.html == (
            f"<p>The official descriptor of this code is licensed by the {holder} Association "
            "and is not installed on this site.</p>"
        )
        assert section(code, system)[0].licensed == ""


def test_a_code_without_text_says_so_and_is_no_reading(empty: Flask) -> None:
    licensed.install(CPT)
    (block,) = section("10001")
    assert "no descriptor of this code is loaded" in block.html
    assert section("10001")[0].licensed == ""


def test_a_file_of_cms_gives_the_short_descriptor_where_the_publishers_is_missing(empty: Flask) -> None:
    licensed.install(CPT)
    licensed.install(CDT)
    load(
        ("mpfs-text", "10001", "", "Made-up by CMS"),
        ("opps-text", "10002", "", "Made-up by CMS"),
        ("mpfs-text", "10003", "", "Made-up by CMS"),
        ("cpt-short", "10003", "", "Made-up by the AMA"),
        ("mpfs-text", "D0001", "", "Made-up teeth"),
    )
    found = {code: given_rows.texts(section(code)[0]) for code in ("10001", "10002", "10003")}
    assert found == {
        "10001": [["Short descriptor", "Made-up by CMS"]],
        "10002": [["Short descriptor", "Made-up by CMS"]],
        "10003": [["Short descriptor", "Made-up by the AMA"]],
    }
    teeth = section("D0001", "hcpcs")
    assert (given_rows.texts(teeth[0]), teeth[0].licensed) == ([["Short descriptor", "Made-up teeth"]], CDT)


def test_a_text_is_shown_through_the_licences_last_day_and_no_longer(
    empty: Flask, later: Callable[[int], None]
) -> None:
    today = clock.today()
    licensed.install(CPT, until=today + timedelta(days=3))
    load(("cpt-long", "10001", "", "Made-up text"))
    later(3)
    assert section("10001")[0].licensed == CPT
    later(4)
    assert section("10001")[0].licensed == ""
    assert "not installed" in section("10001")[0].html
    assert section("10001", day=today)[0].licensed == "", "an earlier day of service is read today"


def test_a_day_of_service_gets_the_text_of_its_day(empty: Flask) -> None:
    licensed.install(CPT)
    load(("cpt-long", "10001", "", "Made-up old text"), first=date(2025, 1, 1))
    load(("cpt-long", "10001", "", "Made-up new text"))
    old, new = (section("10001", day=day)[0] for day in (date(2025, 12, 31), DAY))
    assert [given_rows.texts(block)[0][1] for block in (old, new)] == ["Made-up old text", "Made-up new text"]


def test_level_two_has_its_public_texts(empty: Flask) -> None:
    given_rows.load({"hcpcs": {("G0001", ""): {"short": "Invented", "long": "Invented supply"}}})
    shown = section("G0001", "hcpcs")
    assert given_rows.texts(shown[0]) == [
        ["Short descriptor", "Invented"],
        ["Long descriptor", "Invented supply"],
    ]
    assert shown[0].source == "HCPCS Level II, January 2026"
    assert shown[0].licensed == ""
    assert section("G0002", "hcpcs") == []


def test_a_diagnosis_that_is_written_like_a_dental_code_has_nothing_of_it(empty: Flask) -> None:
    licensed.install(CDT)
    load(("mpfs-text", "D5700", "", "Made-up teeth"))
    assert section("D57.00", "icd-10-cm") == []


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (("abc", "Us", "©", None), "There is no licence 'abc': one of cpt, cdt."),
        ((CPT, " ", "©", None), "holder's name"),
        ((CPT, "Us", "", None), "copyright line"),
        ((CPT, "U" * 201, "©", None), "at most 200 characters"),
        ((CPT, "Us", "©" * 501, None), "at most 500"),
        ((CPT, "Us", "©", date(2020, 1, 1)), "ended on 2020-01-01"),
    ],
)
def test_a_licence_that_cannot_be_is_refused(
    empty: Flask, given: tuple[str, str, str, date | None], complaint: str
) -> None:
    with pytest.raises(FileRefused, match=complaint), transaction():
        licences.install(*given)
    assert licences.installed(CPT) is None
