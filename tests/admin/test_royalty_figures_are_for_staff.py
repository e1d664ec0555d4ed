"""Staff see who opened licensed text, by month, and take the figures away as a file."""

from __future__ import annotations

import csv
import io

from tests.support import people
from tests.support.buying import words
from webapp.codes import royalty
from webapp.codes.datasets.models import LicensedReading
from webapp.extensions import db, transaction

PAGE, FILE = "/staff/royalty", "/staff/royalty/figures.csv"


def staff(app):
    return people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))


def add(app, *rows):
    with app.app_context(), transaction():
        for month, system, subject, openings in rows:
            db.session.add(LicensedReading(month=month, system=system, subject=subject, openings=openings))


def test_before_any_reading_the_page_says_so(app):
    page = words(staff(app).get(PAGE))
    assert "No licensed text was opened yet." in page
    assert FILE not in page


def test_the_page_shows_each_month(app):
    add(app, ("2026-10", "cpt", "u1", 2), ("2026-11", "cpt", "u1", 5), ("2026-11", "cpt", "gsomeone", 3))
    answer = staff(app).get(PAGE)
    assert "2026-11 CPT, American Medical Association 2 1 1 8 5 3 0 2026-10" in words(answer)
    assert f'href="{FILE}"' in answer.text
    assert "noindex" in answer.text


def test_the_file_holds_the_same(app):
    add(app, ("2026-11", "cpt", "u1", 5), ("2026-11", "cpt", "", 3))
    answer = staff(app).get(FILE)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=royalty-")
    assert answer.headers["Cache-Control"] == "private, no-store"
    expected = [list(royalty.COLUMNS), ["2026-11", "cpt", "1", "1", "0", "8", "5", "0", "3"]]
    assert list(csv.reader(io.StringIO(answer.text, newline=""))) == expected


def test_nobody_else_gets_either(app):
    reader = people.client_for(app, people.add_reader(app, "alice@example.org", "pro"))
    for path in (PAGE, FILE):
        assert reader.get(path).status_code == 404
        assert app.test_client().get(path).status_code == 302
