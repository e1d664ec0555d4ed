"""The list that comes with the package, whole: counts, places and notes that can be checked by hand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.codes import tabular
from tests.support import applications
from tests.support import whole as whole_lists
from webapp.codes import browse, search, service, starter
from webapp.codes.datasets.parsed import Given
from webapp.codes.document import Document, parse
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import open_source
from webapp.codes.models import Code, CodeVersion
from webapp.extensions import db

pytestmark = pytest.mark.slow
SYSTEM = "icd-10-cm"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "icd10cm"


@pytest.fixture(scope="session")
def _loaded(whole_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    data = tmp_path_factory.mktemp("whole")
    whole_lists.copy(whole_catalogue, data)
    app = applications.create_app(applications.settings(DATA=data))
    yield app
    applications.close(app)


@pytest.fixture
def whole(_loaded: Flask) -> Iterator[Flask]:
    with _loaded.app_context():
        yield _loaded


def page_of(key: str, system: str = SYSTEM) -> Document:
    return parse(service.document(system, key) or b"")


def billable_codes() -> set[str]:
    rows = select(Code.plain).join(CodeVersion, CodeVersion.code_id == Code.id)
    return set(db.session.scalars(rows.where(CodeVersion.billable, Code.system_id == 1)))


def test_every_code_is_there_and_none_that_is_false(whole: Flask) -> None:
    codes = billable_codes()
    assert len(codes) == 74_719
    assert "S061X6A" in codes
    assert "S061X7A" in codes
    assert not {"S061X7D", "S061X7S", "S06307D", "S069X8S"} & codes
    assert db.session.scalar(select(func.count()).where(Code.system_id == 1)) == 98_505
    assert len(browse.chapters(SYSTEM)) == 22


def test_the_release_is_april_2026(whole: Flask) -> None:
    info = service.system(SYSTEM)
    assert info
    assert (info.release, str(info.valid_from), str(info.valid_to)) == ("April 2026", "2026-04-01", "2026-09-30")


def test_a_seventh_character_code_is_a_page_under_its_stem(whole: Flask) -> None:
    page = page_of("S52.501A")
    assert [link.key for link in page.path] == ["chapter-19", "S50-S59", "S52", "S52.5", "S52.50", "S52.501"]
    assert page.meter_id == page_of("S52.501").code_id
    assert len(page.seventh) == len(page.siblings) == 16
    assert page.title == page_of("S52.501").title + ", initial encounter for closed fracture"
    assert service.resolve(SYSTEM, "s52501a")


def test_notes_are_inherited_with_their_origin(whole: Flask) -> None:
    page = page_of("E11.9")
    assert {note.origin for note in page.notes} == {None, "E11", "chapter-4"}
    assert {note.kind for note in page.notes if note.origin == "E11"} >= {
        "includes",
        "use_additional_code",
        "excludes1",
    }
    assert [link.key for link in page.path] == ["chapter-4", "E08-E13", "E11"]


def test_blocks_stand_inside_wider_blocks(whole: Flask) -> None:
    assert [link.key for link in page_of("C7A.00").path] == ["chapter-2", "C00-C96", "C7A-C7A", "C7A", "C7A.0"]
    assert [link.key for link in page_of("C18.0").path] == ["chapter-2", "C00-C96", "C00-C75", "C15-C26", "C18"]
    assert page_of("B10-B10").kind == "block"
    assert page_of("B10").kind == "category"


def test_every_page_can_be_read(whole: Flask) -> None:
    keys = db.session.scalars(select(Code.key).where(Code.system_id == 1, Code.id % 97 == 0)).all()
    for key in keys:
        page = page_of(key)
        assert page.key in [link.key for link in page.siblings]
        assert page.billable != bool(page.children or (page.seventh and page.kind != "code"))


def test_a_page_is_read_within_a_millisecond(whole: Flask) -> None:
    keys = db.session.scalars(select(Code.key).where(Code.system_id == 1, Code.id % 100 == 0)).all()
    times = []
    for key in keys:
        begun = time.perf_counter()
        service.document(SYSTEM, key)
        times.append(time.perf_counter() - begun)
    assert statistics.median(times) < 0.001


def test_the_starter_articles_are_loaded(whole: Flask) -> None:
    page = page_of("G0105", "hcpcs")
    assert {"common_language", "indications", "procedure", "post_procedure", "information"} <= {
        section.key for section in page.sections
    }
    assert page.billable
    assert not page.title_is_official
    assert len(browse.chapters("hcpcs")) >= 6


def test_progress_was_told_to_the_end(whole_catalogue: Path) -> None:
    told = whole_lists.told_while_loading(whole_catalogue)
    assert list(dict.fromkeys(label for label, _, _ in told)) == ["Reading", "Pages", "Search index"]
    assert all(done <= total for _, done, total in told)
    assert told[-1][1] == told[-1][2]


def test_loading_it_again_does_nothing_and_is_quick(whole: Flask) -> None:
    stamp, begun = service.catalogue_stamp(), time.perf_counter()
    starter.load(lambda *_: None)
    assert time.perf_counter() - begun < 2
    assert service.catalogue_stamp() == stamp


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("e119", "E11.9"),
        ("type 2 diabetes", "E11.9"),
        ("cholera", "A00.9"),
        ("charcot joint", "M14.6"),
        ("fracture lower end radius", "S52.509"),
        ("colonoscopy for high risk", "G0105"),
    ],
)
def test_search_finds_what_is_meant(whole: Flask, query: str, first: str) -> None:
    assert search.search(query).hits[0].key == first


def test_near_codes_of_the_same_family_come_first(whole: Flask) -> None:
    assert [link.key for link in browse.nearest(SYSTEM, "E11.99")][:3] == ["E11.9", "E11.8", "E11.6"]
    assert browse.nearest("hcpcs", "G0106")[0].key == "G0105"


@pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project")
def test_an_independent_list_holds_the_same_codes(whole: Flask) -> None:
    lines = (SHARED / "icd10cm-codes-2026.rebuilt.txt").read_text().splitlines()
    assert billable_codes() == {line[:7].strip() for line in lines if line.strip()}


@pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project")
def test_an_earlier_file_of_the_publisher_is_read_too() -> None:
    read = icd10cm.read(open_source(SHARED / "icd10cm-tabular-April-2025.xml"), Given())
    listing = tabular.codes_of(read)
    assert (listing.release, str(listing.valid_from), str(listing.valid_to)) == (
        "April 2025",
        "2025-04-01",
        "2025-09-30",
    )
    assert read.refused == []
    assert len([entry for entry in listing.entries if entry.kind == "chapter"]) == 22
