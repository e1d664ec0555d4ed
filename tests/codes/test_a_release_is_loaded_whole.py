"""Releases in the database: only what changed is stored, ids stay, and readers see one release at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.codes import tabular
from webapp.codes import loader, releases, search, service
from webapp.codes.document import parse
from webapp.codes.listing import Entry, FileRefused, Listing
from webapp.codes.models import Code, CodeDocument, CodeFamily, CodeNote, CodeSystem, CodeVersion, Release
from webapp.codes.terms import keeping
from webapp.core import clock
from webapp.extensions import db, transaction

SYSTEM = "icd-10-cm"


def load_later() -> loader.Report:
    with transaction():
        report = loader.load(tabular.later_listing())
    keeping.keep()
    return report


def versions_of(key: str) -> list[tuple[date, date | None, str]]:
    rows = db.session.execute(
        select(CodeVersion.valid_from, CodeVersion.valid_to, CodeVersion.title)
        .join(Code, Code.id == CodeVersion.code_id)
        .where(Code.key == key)
        .order_by(CodeVersion.valid_from)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def count(model: type[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def ids() -> dict[str, int]:
    return {code.key: code.id for code in db.session.scalars(select(Code))}


def test_a_first_release_adds_every_code(empty: Flask) -> None:
    with transaction():
        report = loader.load(tabular.listing())
    assert (report.read, report.added, report.changed, report.ended) == (19, 19, 0, 0)
    assert (report.release, report.valid_from, report.valid_to) == ("April 2026", date(2026, 4, 1), date(2026, 9, 30))
    assert count(Code) == count(CodeVersion) == count(CodeDocument) == 19


def test_the_same_file_again_does_nothing(catalogue: Flask) -> None:
    before = service.catalogue_stamp()
    with transaction():
        report = loader.load(tabular.listing())
    assert report.unchanged
    assert service.catalogue_stamp() == before
    with pytest.raises(FileRefused, match="April 2026 is loaded already, valid from 2026-04-01"), transaction():
        loader.load(replace(tabular.listing(), valid_from=date(2026, 5, 1)))
    assert count(Release) == 1


def test_a_file_read_by_an_older_importer_is_loaded_again(catalogue: Flask) -> None:
    with transaction():
        db.session.execute(text("UPDATE code_release SET format = 0"))
    with transaction():
        report = loader.load(tabular.listing())
    assert (report.unchanged, report.added, report.changed, report.ended) == (False, 0, 0, 0)
    assert count(Release) == 1
    assert count(CodeDocument) == 19


def test_a_later_release_stores_only_what_it_changed(catalogue: Flask) -> None:
    report = load_later()
    assert (report.added, report.changed, report.ended) == (1, 1, 2)
    assert count(CodeVersion) == 19 + 1 + 1
    assert versions_of("A00.9") == [
        (date(2026, 4, 1), date(2026, 9, 30), "Dragon fever, unspecified"),
        (date(2026, 10, 1), None, "Dragon fever NOS"),
    ]
    assert versions_of("A00.0") == [(date(2026, 4, 1), None, "Dragon fever with smóke")]
    assert versions_of("S52.502B")[0][1] == date(2026, 9, 30)


def test_ids_stay_with_their_codes(catalogue: Flask) -> None:
    before = ids()
    load_later()
    after = ids()
    assert after.items() > before.items()
    assert after["A00.1"] > max(before.values())


def test_an_id_is_never_given_again(catalogue: Flask) -> None:
    """Even if the row with the highest id is gone."""
    highest = db.session.scalar(select(func.max(Code.id)))
    assert highest
    with transaction():
        for table in ("code_document", "code_version"):
            db.session.execute(text(f"DELETE FROM {table} WHERE code_id = :id"), {"id": highest})
        db.session.execute(text("DELETE FROM code WHERE id = :id"), {"id": highest})
    with transaction():
        db.session.execute(text("UPDATE code_release SET format = 0"))
        loader.load(tabular.listing())
    assert db.session.scalar(select(func.max(Code.id))) == highest + 1


def test_a_view_of_a_seventh_character_code_counts_for_its_stem(catalogue: Flask) -> None:
    code, stem = service.resolve(SYSTEM, "S52.501B"), service.resolve(SYSTEM, "S52.501")
    assert code
    assert stem
    assert code.meter_id == stem.code_id == stem.meter_id != code.code_id


def test_the_page_of_a_later_release_takes_over(catalogue: Flask) -> None:
    stamp = service.catalogue_stamp()
    load_later()
    page = parse(service.document(SYSTEM, "A00.9") or b"")
    assert (page.title, page.release, page.release_to) == ("Dragon fever NOS", "October 2026", "2027-09-30")
    assert [link.key for link in page.siblings] == ["A00.0", "A00.1", "A00.9"]
    assert service.catalogue_stamp() != stamp
    assert count(CodeDocument) == 18 + 2


def test_an_ended_code_keeps_its_page_and_says_so(catalogue: Flask) -> None:
    load_later()
    page = parse(service.document(SYSTEM, "S52.502B") or b"")
    assert (page.billable, page.valid_to, page.release, page.release_to) == (
        False,
        "2026-09-30",
        "April 2026",
        "2026-09-30",
    )
    found = service.resolve(SYSTEM, "S52502B")
    assert found
    assert not found.billable
    assert "S52.502B" not in [hit.key for hit in search.search("S52502B").hits]


def test_a_page_of_a_code_that_ended_two_releases_ago_is_still_there(catalogue: Flask) -> None:
    load_later()
    third = replace(tabular.later_listing(), release="April 2027", valid_from=date(2026, 11, 1), sha256="0" * 64)
    with transaction():
        loader.load(third)
    assert parse(service.document(SYSTEM, "S52.502B") or b"").valid_to == "2026-09-30"


def test_a_code_that_comes_back_keeps_its_id(catalogue: Flask) -> None:
    first = service.resolve(SYSTEM, "S52.502B")
    load_later()
    again = replace(tabular.listing(), release="Again", valid_from=date(2026, 11, 1), sha256="0" * 64)
    with transaction():
        report = loader.load(again)
    back = service.resolve(SYSTEM, "S52.502B")
    assert report.added == 2
    assert first == back
    assert [span[:2] for span in versions_of("S52.502B")] == [
        (date(2026, 4, 1), date(2026, 9, 30)),
        (date(2026, 11, 1), None),
    ]


def test_an_older_file_says_what_held_before(catalogue: Flask) -> None:
    """Readers go on seeing the newest release; codes that both have alike become one version."""
    load_later()
    stored = service.document(SYSTEM, "A00.9")
    older = replace(
        tabular.listing(tabular.XML.replace("Ember disease", "Ember illness")),
        release="October 2025",
        valid_from=date(2025, 10, 1),
    )
    with transaction():
        report = loader.load(older)
    assert (report.added, report.changed, report.ended) == (19, 0, 0)
    assert versions_of("A00.9") == [
        (date(2025, 10, 1), date(2026, 3, 31), "Dragon fever, unspecified"),
        (date(2026, 4, 1), date(2026, 9, 30), "Dragon fever, unspecified"),
        (date(2026, 10, 1), None, "Dragon fever NOS"),
    ]
    assert versions_of("A00.0")[0][:2] == (date(2025, 10, 1), None)
    assert service.document(SYSTEM, "A00.9") == stored
    current = service.system(SYSTEM)
    assert current
    assert current.release == "October 2026"


def test_a_release_between_two_others_changes_only_its_own_days(
    catalogue: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 1))
    with transaction():
        loader.load(replace(tabular.listing(), release="Far", valid_from=date(2028, 4, 1), sha256="0" * 64))
    assert versions_of("A00.9") == [(date(2026, 4, 1), None, "Dragon fever, unspecified")]
    load_later()
    assert parse(service.document(SYSTEM, "A00.9") or b"").release == "October 2026", "it holds, and Far does not yet"
    assert search.search("sparks").total == 1
    assert versions_of("A00.9") == [
        (date(2026, 4, 1), date(2026, 9, 30), "Dragon fever, unspecified"),
        (date(2026, 10, 1), date(2028, 3, 31), "Dragon fever NOS"),
        (date(2028, 4, 1), None, "Dragon fever, unspecified"),
    ]
    assert versions_of("A00.1") == [(date(2026, 10, 1), date(2028, 3, 31), "Dragon fever with sparks")]
    notes = select(func.count()).select_from(CodeNote).join(CodeVersion).join(Code, Code.id == CodeVersion.code_id)
    notes = notes.where(Code.key == "S52.502")
    assert db.session.scalar(notes.where(CodeVersion.valid_from == date(2028, 4, 1))) == db.session.scalar(
        notes.where(CodeVersion.valid_from == date(2026, 4, 1))
    )


def test_a_corrected_file_of_the_same_day_replaces_what_it_changes(catalogue: Flask) -> None:
    corrected = tabular.XML.replace("Dragon fever, unspecified", "Dragon fever, corrected")
    with transaction():
        report = loader.load(tabular.listing(corrected))
    assert (report.added, report.changed, report.ended) == (0, 1, 0)
    assert versions_of("A00.9") == [(date(2026, 4, 1), None, "Dragon fever, corrected")]
    assert count(Release) == 1
    assert db.session.scalar(select(func.count()).where(CodeNote.text == "Ember disease")) == 1
    wrong = replace(tabular.listing(tabular.XML.replace("Ember disease", "Embers")), valid_from=date(2026, 10, 1))
    for given in (replace(wrong, release="October 2026"), tabular.later_listing()):
        with transaction():
            loader.load(given)
    ended = parse(service.document(SYSTEM, "S52.502B") or b"")
    assert (ended.release, ended.valid_to) == ("April 2026", "2026-09-30"), (
        "as it last was, not as the wrong file had it"
    )


def test_an_older_release_leaves_later_ones_as_they_are(empty: Flask) -> None:
    def load(year: int, **titles: str) -> None:
        entries = [Entry(key, "code", title, billable=True) for key, title in titles.items()]
        listing = Listing("hcpcs", "hcpcs", str(year), date(year, 1, 1), None, "h.txt", str(year), entries)
        with transaction():
            loader.load(listing)

    load(2024, A0001="Cart", A0002="Saddle")
    load(2026, A0001="Cart")
    load(2025, A0000="Reins", A0001="Cart", A0002="Long saddle")
    position = select(CodeVersion.position).join(Code, Code.id == CodeVersion.code_id)
    assert db.session.scalars(position.where(Code.key == "A0001")).all() == [0]
    told = {key: parse(service.document("hcpcs", key) or b"") for key in ("A0000", "A0002")}
    assert {key: (page.title, page.valid_to) for key, page in told.items()} == {
        "A0000": ("Reins", "2025-12-31"),
        "A0002": ("Long saddle", "2025-12-31"),
    }


def test_a_failure_on_the_way_leaves_all_as_it_was(catalogue: Flask) -> None:
    broken = tabular.later_listing()
    broken.entries[-1].title = "a title with no end \ud800"  # cannot be stored
    with pytest.raises(UnicodeEncodeError), transaction():
        loader.load(broken)
    page = parse(service.document(SYSTEM, "A00.9") or b"")
    assert page.release == "April 2026"
    assert count(Release) == 1
    assert count(CodeVersion) == count(CodeDocument) == 19


def test_readers_see_the_old_release_until_the_new_one_is_whole(catalogue: Flask) -> None:
    """Another connection looks on while the transaction is open."""
    seen = select(CodeDocument.release_id, func.count()).group_by(CodeDocument.release_id)
    with db.engine.connect() as reader:
        before = reader.execute(seen).all()
    with transaction():
        loader.load(tabular.later_listing())
        with db.engine.connect() as reader:
            assert reader.execute(seen).all() == before
            assert reader.scalar(select(CodeSystem.stamp).where(CodeSystem.key == SYSTEM)) == 1
    with db.engine.connect() as reader:
        assert reader.execute(seen).all() != before


def test_a_release_ahead_of_its_day_waits_for_it(catalogue: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 9, 1))
    load_later()
    assert parse(service.document(SYSTEM, "A00.9") or b"").release == "April 2026"
    assert service.resolve(SYSTEM, "A00.1") is None
    assert search.search("sparks").total == 0
    assert releases.activate_due() == []
    monkeypatch.setattr(clock, "today", lambda: date(2026, 10, 1))
    with transaction():
        assert releases.activate_due() == ["October 2026"]
    keeping.keep()
    assert parse(service.document(SYSTEM, "A00.9") or b"").release == "October 2026"
    assert service.resolve(SYSTEM, "A00.1")
    assert search.search("sparks").total == 1
    assert db.session.scalar(select(func.count(func.distinct(CodeFamily.release_id)))) == 1


def test_the_three_systems_exist_from_the_start(empty: Flask) -> None:
    assert [info.key for info in service.systems()] == ["icd-10-cm", "hcpcs", "cpt"]
    assert {info.release for info in service.systems()} == {""}
