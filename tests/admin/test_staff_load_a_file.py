"""Staff send a file in, try it, load it, and read what it did."""

from __future__ import annotations

import io
import re
import stat

import pytest

from tests.admin import uploading
from tests.admin.uploading import SECOND, audit, jobs, kept, load, records, send
from tests.codes import tabular
from tests.support import people
from tests.support.buying import post, token, words
from webapp.codes import importing
from webapp.codes.datasets.loading import Report
from webapp.codes.models import Code
from webapp.codes.uploads import store
from webapp.extensions import db


@pytest.fixture(autouse=True)
def _source(monkeypatch):
    uploading.install(monkeypatch)


@pytest.fixture
def staff_id(database):
    return people.add_reader(database, "charlie@example.org", staff=True)


@pytest.fixture
def staff(database, staff_id):
    return people.client_for(database, staff_id)


def test_a_dry_run_tells_and_a_click_loads_the_same_file(database, staff, staff_id):
    page = load(database, staff, do="try")
    assert "July 2026, valid from 1 July 2026 to 30 September 2026, would be loaded. Nothing was changed" in words(page)
    assert records(database) == {}
    (file,) = kept(database)
    (action,) = re.findall(r'action="(/staff/catalogue/jobs/\d+/load)"', page.text)
    answer = post(staff, action)
    assert answer.status_code == 303
    assert post(staff, action).location == answer.location  # a second click
    uploading.work(database)
    page = words(staff.get(answer.location))
    assert "July 2026, valid from 1 July 2026 to 30 September 2026, is loaded." in page
    assert "Type of service of procedures 3 3 0 0" in page
    assert records(database) == {"G0001": '["1"]', "G0002": '["2"]', "G0003": '["3"]'}
    assert not file.exists()
    assert jobs(database) == [("load", "done", True), ("load", "done", False)]
    assert (
        audit(database)
        == [(kind, staff_id) for kind in ("catalogue.load_asked", "catalogue.load_done") for _ in "x"] * 2
    )
    assert post(staff, action).status_code == 400  # the file is there no more


def test_the_result_tells_added_changed_ended_and_refused_rows(database, staff):
    load(database, staff)
    page = words(load(database, staff, SECOND))
    assert "4 rows read, 1 refused." in page
    assert "Type of service of procedures 3 1 1 1" in page
    assert "figures.txt, line 4: odd is no figure" in page
    assert records(database) == {"G0001": '["1"]', "G0002": '["7"]', "G0005": '["5"]'}


def test_the_same_file_again_changes_nothing(database, staff):
    load(database, staff)
    assert "this very file is loaded already" in words(load(database, staff))


def test_a_bad_file_is_refused_with_its_line(database, staff):
    page = words(load(database, staff, b"G0001 1\n"))
    assert "Refused. Nothing was changed. figures.txt, line 1: the line with the release is missing." in page
    assert "Load this file" not in page
    assert jobs(database) == [("load", "refused", False)]
    assert kept(database) == []


def test_what_staff_say_goes_with_the_file(database, staff):
    page = words(load(database, staff, release="By hand", effective="2026-08-01"))
    assert "By hand, valid from 1 August 2026" in page


def test_a_list_of_codes_goes_with_the_tabular_list(database, staff):
    page = load(
        database,
        staff,
        tabular.XML.encode(),
        name=tabular.FILE_NAME,
        source="icd10cm-tabular",
        codes=(io.BytesIO(tabular.CODES.encode()), "codes.txt"),
    )
    assert "April 2026" in words(page)
    assert "19 rows read" in words(page)
    with database.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Code)) == 19


def test_several_files_are_loaded_together(database, staff, monkeypatch):
    seen = []

    def load_them(source, paths, given, progress, *, dry_run):
        seen.extend((path.name, path.read_bytes()) for path in paths)
        return Report("Edits", uploading.date(2026, 7, 1), None)

    monkeypatch.setattr(importing, "load", load_them)
    parts = [(io.BytesIO(b"one"), "f1.txt"), (io.BytesIO(b"two"), "f2.txt")]
    load(database, staff, files=parts)
    assert seen == [("f1.txt", b"one"), ("f2.txt", b"two")]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"source": ""}, "Choose what the file is."),
        ({"source": "dragons"}, "Choose what the file is."),
        ({"files": (io.BytesIO(b""), "")}, "Choose the file to load."),
        ({"files": (io.BytesIO(b""), "figures.txt")}, "A file is empty."),
        ({"files": "figures.txt"}, "Choose the file to load."),
        ({"files": [(io.BytesIO(b"x"), f"{n}.txt") for n in range(21)]}, "Send 20 files at most."),
        ({"codes": (io.BytesIO(b"x"), "codes.txt")}, "Only the ICD-10-CM tabular list"),
        ({"effective": "soon"}, "Not a valid date"),
        ({"release": "x" * 61}, "longer than 60"),
        ({"release": "a\0b"}, "Use printable characters only."),
    ],
)
def test_a_form_that_is_not_whole_comes_back_with_a_reason(app, monkeypatch, wrong, complaint):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    answer = send(staff, **wrong)
    assert answer.status_code == 422
    assert complaint in words(answer)
    assert 'role="alert"' in answer.text
    assert kept(app) == []
    assert jobs(app) == []


def test_files_lie_apart_and_closed_under_their_own_names(app):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    assert send(staff, name="../../figures 2026.txt").status_code == 303
    (path,) = kept(app)
    assert path.name == "figures 2026.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    root = app.extensions["settings"].data / "uploads"
    assert re.fullmatch(r"[0-9a-f]{32}", path.relative_to(root).parts[0])
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\files\\a b (1).zip", "a b (1).zip"),
        ("..", "file"),
        ("", "file"),
        (".hidden", "hidden"),
        ("<x>\n\0.csv", "_x___.csv"),
        ("x" * 300 + ".xlsx", "x" * 145 + ".xlsx"),
    ],
)
def test_names_of_files_are_made_harmless(name, safe):
    assert store.safe_name(name) == safe


def test_a_file_that_is_too_large_is_refused_and_not_kept(app, monkeypatch):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    monkeypatch.setattr("webapp.admin.catalogue.LARGEST_FILE", 1000)
    monkeypatch.setattr("webapp.admin.catalogue.FORM_ROOM", 1000)
    assert send(staff, b"x" * 3000).status_code == 413
    assert kept(app) == []


def test_a_file_larger_than_other_forms_may_be_is_taken(app):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    assert send(staff, b"x" * 3_000_000).status_code == 303
    assert kept(app)[0].stat().st_size == 3_000_000


def test_only_staff_send_files_and_only_from_our_form(app):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    reader = people.client_for(app, people.add_reader(app, "alice@example.org"))
    assert send(reader).status_code == 404
    assert send(app.test_client(), csrf_token="none").status_code == 302
    assert send(staff, csrf_token="forged").status_code == 400
    assert send(reader, b"x" * 3_000_000).status_code == 404
    assert kept(app) == []
    assert jobs(app) == []
    for path in ("/staff/catalogue/", "/staff/catalogue/jobs/1", "/staff/catalogue/jobs/1/state"):
        assert reader.get(path).status_code == 404
        assert app.test_client().get(path).status_code == 302


def test_the_catalogue_tells_what_is_loaded_and_what_is_missing(database, staff):
    assert "Nothing was loaded here yet" in words(staff.get("/staff/catalogue/"))
    load(database, staff, effective="2020-01-01")
    page = words(staff.get("/staff/catalogue/"))
    assert "Load Type of service of procedures done" in page
    assert re.search(
        r"Type of service of procedures Centers for .* January 2020 1 April 2020 [\d,]+ days ended due 3", page
    )
    assert "HCPCS Level II Centers for Medicare &amp; Medicaid Services – – – missing –" in page.replace("& ", "&amp; ")


def test_the_form_can_be_asked_for_with_the_source_chosen(app):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    assert f'<option selected value="{uploading.SOURCE}">' in staff.get("/staff/catalogue/?source=tos").text


def test_without_a_token_nothing_is_read(app):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    token(staff)
    assert staff.post("/staff/catalogue/loads", data={"files": (io.BytesIO(b"x"), "a")}).status_code == 400
    assert kept(app) == []
