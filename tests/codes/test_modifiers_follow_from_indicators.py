"""The section “Modifiers”: those that a code's indicators allow, why, and in whose words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask

from tests.codes import fee_rows, given_rows
from webapp.codes.datasets import licences, loading
from webapp.codes.datasets.parsed import Parsed, Table
from webapp.codes.document import Block
from webapp.codes.facts import modifiers
from webapp.codes.importers.files import SourceFile
from webapp.core import clock
from webapp.extensions import transaction

LINE = "A made-up copyright line."


@pytest.fixture
def site(app: Flask) -> Iterator[Flask]:
    """An application without any release, on SQLite, with its context."""
    with app.app_context():
        yield app


def shown(key: str = "12345", system: str = "cpt") -> list[Block]:
    return modifiers.blocks(given_rows.subject(key, system))


def names(blocks: list[Block]) -> list[str]:
    return [str(row[0]) for block in blocks for row in block.rows]


def load(**values: str) -> None:
    given_rows.load({"mpfs": {("12345", ""): {**fee_rows.PHYSICIAN, **values}}})


def install_texts(**texts: str) -> None:
    """Install a licence, and texts of modifiers under it."""
    rows = {(modifier.removeprefix("m"), ""): (text,) for modifier, text in texts.items()}
    with transaction():
        licences.install("cpt", "A holder", LINE, None)
        parsed = Parsed("2026", given_rows.DAY, None, [Table("cpt-modifiers", rows, licensed=True)])
        loading.load(SourceFile("MODUL.txt", hashlib.sha256(repr(texts).encode()).digest()), parsed)


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        ({}, []),
        ({"pctc": "1"}, ["26", "TC"]),
        ({"pctc": "6"}, []),
        ({"bilateral": "1"}, ["50", "LT", "RT"]),
        ({"bilateral": "2"}, []),
        ({"bilateral": "3"}, ["50", "LT", "RT"]),
        ({"multiple": "2"}, ["51"]),
        ({"multiple": "3"}, ["51"]),
        ({"multiple": "4"}, []),
        ({"co_surgeons": "1"}, ["62"]),
        ({"co_surgeons": "2"}, ["62"]),
        ({"co_surgeons": "9"}, []),
        ({"team": "1"}, ["66"]),
        ({"team": "2"}, ["66"]),
        ({"assistant": "0"}, ["80", "81", "82", "AS"]),
        ({"assistant": "2"}, ["80", "81", "82", "AS"]),
        ({"assistant": "9"}, []),
        ({"global_days": "000"}, ["22"]),
        ({"global_days": "010"}, ["22", "54", "55", "56", "58", "78", "79"]),
        ({"global_days": "090"}, ["22", "54", "55", "56", "58", "78", "79"]),
        ({"global_days": "ZZZ"}, []),
        ({"status": "J"}, ["AA", "AD", "QK", "QX", "QY", "QZ"]),
    ],
)
def test_an_indicator_allows_modifiers(site: Flask, values: dict[str, str], allowed: list[str]) -> None:
    load(**values)
    assert names(shown()) == allowed


def test_each_says_why_in_our_own_words(site: Flask) -> None:
    load(multiple="2")
    [block] = shown()
    assert block.columns == ["Modifier", "Meaning", "Why"]
    told = "Standard reduction: ranked by fee, 100, 50, 50, 50, 50 percent are paid, then by report."
    assert block.rows == [["51", "Several procedures", f"Multiple procedures indicator 2. {told}"]]
    assert block.source == "Medicare Physician Fee Schedule, January 2026"


def test_a_split_of_the_care_says_its_shares(site: Flask) -> None:
    load(global_days="090", pre_op="0.09", intra_op="0.81", post_op="0.10")
    why = {str(row[0]): str(row[2]) for row in shown()[0].rows}
    assert why["54"].endswith(" Of the fee, 9% is for before, 81% for surgery, 10% for after.")
    assert "Of the fee" not in why["58"]


def test_without_shares_nothing_is_said_of_them(site: Flask) -> None:
    load(global_days="090")
    assert shown()[0].rows[1][2] == "Global days 090. Major surgery: the day before and 90 days after are included."


def test_a_row_of_its_own_in_the_fee_schedule_allows_a_modifier(site: Flask) -> None:
    rows = {("12345", ""): fee_rows.PHYSICIAN, ("12345", "53"): fee_rows.PHYSICIAN}
    given_rows.load({"mpfs": {**rows, ("12346", "26"): fee_rows.PHYSICIAN}})
    assert shown()[0].rows == [["53", "Stopped procedure", "The fee schedule gives values of its own for it."]]
    assert names(shown("12346")) == ["26"]


@pytest.mark.parametrize(
    ("pricing", "allowed"),
    [("31", ["RR"]), ("32", ["NU", "RR", "UE"]), ("36", ["KH", "KI", "KJ", "RR"]), ("51", []), ("", [])],
)
def test_an_item_of_level_two_is_rented_or_bought(site: Flask, pricing: str, allowed: list[str]) -> None:
    given_rows.load({"hcpcs": {("E0999", ""): {"long": "Made-up item", "pricing": pricing}}})
    blocks = shown("E0999", "hcpcs")
    assert names(blocks) == allowed
    assert all(block.source == "HCPCS Level II, January 2026" for block in blocks)


def test_level_two_modifiers_are_told_in_the_publisher_s_words(empty: Flask) -> None:
    given_rows.load(
        {
            "mpfs": {("12345", ""): {**fee_rows.PHYSICIAN, "bilateral": "1"}},
            "hcpcs-modifiers": {("LT", ""): {"long": "Left side, made up"}, ("QK", ""): {"long": "Not asked for"}},
        }
    )
    [block] = shown()
    assert {row[0]: row[1] for row in block.rows} == {
        "50": "Both sides",
        "LT": "Left side, made up",
        "RT": "Right side",
    }
    assert block.source.endswith("; HCPCS Level II modifiers, January 2026")


def test_a_licensee_sees_the_licensed_texts_with_their_line(empty: Flask) -> None:
    load(multiple="2", co_surgeons="1")
    install_texts(m51="Made-up text one", m99="Made-up text two")
    [block] = shown()
    assert {row[0]: row[1] for row in block.rows} == {"51": "Made-up text one", "62": "Two surgeons"}
    assert block.source == f"Medicare Physician Fee Schedule, January 2026; CPT modifiers, 2026. {LINE}"


def test_a_table_without_licensed_texts_needs_no_line(site: Flask) -> None:
    load(co_surgeons="1")
    install_texts(m51="Made-up text one")
    assert LINE not in shown()[0].source


def test_when_the_licence_ends_our_own_labels_are_back(site: Flask) -> None:
    load(multiple="2")
    install_texts(m51="Made-up text one")
    licence = licences.installed("cpt")
    assert licence
    with transaction():
        licence.valid_to = clock.today() - timedelta(days=1)
    [block] = shown()
    assert block.rows[0][1] == "Several procedures"
    assert "CPT modifiers" not in block.source


def test_every_modifier_that_may_be_shown_has_a_label() -> None:
    known = {each for rule in modifiers.RULES for each in rule.modifiers} | set(modifiers.ROWS)
    known |= {each for found in modifiers.ITEM_RULES.values() for each in found}
    assert [each for each in sorted(known) if not modifiers._label(each)] == []


def test_a_diagnosis_and_an_unknown_code_have_none(site: Flask) -> None:
    given_rows.load({"hcpcs": {("S5000", ""): {"pricing": "31"}}})
    assert shown("S50.00", "icd-10-cm") == shown("12345") == []
    assert shown("S5000", "hcpcs")


def test_modifiers_of_a_day_before_the_release_are_not_shown(site: Flask) -> None:
    load(multiple="2")
    assert modifiers.blocks(given_rows.subject("12345", "cpt", date(2025, 12, 31))) == []
