"""Staff find, write, preview, save and delete articles in the browser, and nothing that anyone wrote is lost."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import OperationalError

from tests.admin.uploading import audit
from tests.support import people
from tests.support.buying import hidden, post, words
from tests.support.shelf import ARTICLE
from webapp.codes import editing, service
from webapp.codes.document import parse
from webapp.codes.models import Article
from webapp.extensions import db

PAGE = "/staff/articles/hcpcs/G0105"


@pytest.fixture
def staff_id(shelf_app):
    return people.add_reader(shelf_app, "charlie@example.org", staff=True)


@pytest.fixture
def staff(shelf_app, staff_id):
    return people.client_for(shelf_app, staff_id)


def save(staff, text: str, base: str | None = None, do: str = "save", path: str = PAGE):
    """Send the form, by default as it was just opened."""
    base = hidden(staff.get(path), "base") if base is None else base
    return post(staff, path, markdown=text.replace("\n", "\r\n"), base=base, do=do)


def typed(page) -> str:
    """What stands in the form."""
    from html import unescape

    found = re.search(r'<textarea id="markdown"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    assert found
    return unescape(found[1])


def stored(app, key: str = "G0105"):
    with app.app_context():
        return parse(service.document("hcpcs", key) or b"")


def test_an_article_is_found_changed_and_shown(shelf_app, staff, staff_id, reader):
    page = staff.get("/staff/articles/?q=g01")
    assert "G0105 HCPCS Level II A look into the bowel The tests 1 November 2026" in words(page)
    assert typed(staff.get(PAGE)) == ARTICLE
    answer = save(staff, ARTICLE.replace("canary-procedure", "with a lamp"))
    assert (answer.status_code, answer.location) == (303, f"{PAGE}?done=saved")
    assert "Saved. Readers see it now." in words(staff.get(answer.location))
    assert "with a lamp" in reader("pro").get("/codes/hcpcs/G0105").text
    assert audit(shelf_app) == [("article.saved", staff_id)]


def test_a_preview_shows_it_and_saves_nothing(shelf_app, staff):
    text = ARTICLE.replace("canary-procedure", "with a <script>lamp</script>")
    page = save(staff, text, do="preview")
    assert page.status_code == 200
    assert "This is not saved yet." in words(page)
    assert '<ol class="steps">' in page.text
    assert "<script>lamp" not in page.text
    assert typed(page).replace("\r\n", "\n") == text
    assert stored(shelf_app).section("procedure").blocks[0].steps[0].html == "<p>canary-procedure.</p>"
    assert audit(shelf_app) == []


@pytest.mark.parametrize("do", ["save", "preview"])
@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("author: The tests", "auther: The tests", "hcpcs/G0105, line 5: &#39;auther&#39; is no key"),
        ("## Indications", "## Indication", "hcpcs/G0105, line 14: “Indication” is no section"),
        ("code: G0105", "code: G0106", "hcpcs/G0105, line 2: the front matter is of hcpcs/G0106"),
        ("author: The tests", "author: " + "x" * 201, "hcpcs/G0105, line 5: the author is longer than 200 characters"),
        ("code: G0105", "code: G/../5", "hcpcs/G0105, line 3: &#39;G/../5&#39; is written like no code"),
        ("canary-indications", "canary\0", "hcpcs/G0105, line 16: it holds a NUL character"),
        ("sources: [A made-up source]", "sources: " + "[" * 3000, "hcpcs/G0105"),
        ("---\nsystem", "system", "line 1: an article begins with front matter"),
    ],
)
def test_a_mistake_is_named_by_its_line_and_the_text_stays(shelf_app, staff, old, new, complaint, do):
    text = ARTICLE.replace(old, new)
    page = save(staff, text, do=do)
    assert page.status_code == 422
    assert complaint in page.text
    assert typed(page).replace("\r\n", "\n") == text
    assert stored(shelf_app).section("indications").blocks[0].html == "<p>canary-indications.</p>"


def test_of_two_who_edit_the_second_is_told_and_both_texts_are_kept(shelf_app, staff):
    base = hidden(staff.get(PAGE), "base")
    first, second = ARTICLE.replace("canary-procedure", "one"), ARTICLE.replace("canary-procedure", "two")
    save(staff, first, base)
    page = save(staff, second, base)
    assert page.status_code == 409
    assert "Someone else has changed this article since you opened it. Nothing was saved." in words(page)
    assert typed(page).replace("\r\n", "\n") == second
    assert first in page.text.replace("&#34;", '"')
    assert stored(shelf_app).section("procedure").blocks[0].steps[0].html == "<p>one.</p>"
    assert save(staff, second, hidden(page, "base")).status_code == 303  # this is meant now
    assert stored(shelf_app).section("procedure").blocks[0].steps[0].html == "<p>two.</p>"


def test_a_text_whose_article_was_deleted_meanwhile_is_kept(shelf_app, staff):
    base = hidden(staff.get(PAGE), "base")
    assert post(staff, f"{PAGE}/delete", base=base).status_code == 303
    page = save(staff, ARTICLE, base)
    assert page.status_code == 409
    assert "It was deleted meanwhile" in words(page)
    assert save(staff, ARTICLE, hidden(page, "base")).status_code == 303
    assert stored(shelf_app).author == "The tests"


def test_a_database_that_is_busy_costs_no_text(shelf_app, staff, monkeypatch):
    def busy(*_: object) -> bool:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    base = hidden(staff.get(PAGE), "base")
    monkeypatch.setattr(editing, "save", busy)
    page = save(staff, ARTICLE, base)
    assert page.status_code == 503
    assert "the catalogue is being written just now" in words(page)
    assert typed(page).replace("\r\n", "\n") == ARTICLE


def test_saving_what_is_there_already_changes_nothing(shelf_app, staff):
    answer = save(staff, ARTICLE)
    assert "Nothing was changed" in words(staff.get(answer.location))
    assert audit(shelf_app) == []


def test_an_article_is_begun_for_a_code_that_has_none(shelf_app, staff):
    answer = staff.get("/staff/articles/write?system=hcpcs&code=G0121")
    assert answer.location == "/staff/articles/hcpcs/G0121"
    text = typed(staff.get(answer.location))
    assert text.startswith("---\nsystem: hcpcs\ncode: G0121\n")
    answer = save(staff, text + "It begins.\n", path="/staff/articles/hcpcs/G0121")
    assert answer.status_code == 303
    assert stored(shelf_app, "G0121").section("common_language").blocks[0].html == "<p>It begins.</p>"


def test_a_code_may_be_written_without_its_dot(staff):
    assert staff.get("/staff/articles/write?system=icd-10-cm&code=e119").location == "/staff/articles/icd-10-cm/E11.9"


def test_an_article_for_a_code_that_no_release_has_is_refused(staff):
    text = ARTICLE.replace("hcpcs", "icd-10-cm").replace("G0105", "Z99.9")
    page = save(staff, text, path="/staff/articles/icd-10-cm/Z99.9")
    assert page.status_code == 422
    assert "is no code of" in words(page)


def test_an_article_is_deleted(shelf_app, staff, staff_id):
    answer = post(staff, f"{PAGE}/delete", base=hidden(staff.get(PAGE), "base"))
    assert "The article is deleted. Its history keeps it." in words(staff.get(answer.location))
    page = stored(shelf_app)
    assert (page.author, page.section("procedure"), page.section("information") is not None) == ("", None, True)
    with shelf_app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Article)) == 0
    assert audit(shelf_app) == [("article.deleted", staff_id)]
    assert post(staff, f"{PAGE}/delete", base="").status_code == 303  # again changes nothing
    assert len(audit(shelf_app)) == 1


def test_what_changed_meanwhile_is_not_deleted(shelf_app, staff):
    base = hidden(staff.get(PAGE), "base")
    save(staff, ARTICLE.replace("canary-procedure", "one"), base)
    assert post(staff, f"{PAGE}/delete", base=base).status_code == 409
    assert stored(shelf_app).section("procedure")


def test_history_shows_every_text_and_brings_it_back(shelf_app, staff, staff_id):
    save(staff, ARTICLE.replace("canary-procedure", "with a lamp"))
    page = staff.get(f"{PAGE}/history")
    assert re.search(r"saved charlie@example.org .* imported from file the site", words(page))
    newest, oldest = re.findall(r'href="([^"]*/history/\d+)"', page.text)
    assert "This is what the article says now." in words(staff.get(newest))
    page = staff.get(oldest)
    assert "canary-procedure" in words(page)
    answer = post(staff, oldest, base=hidden(page, "base"))
    assert answer.location == f"{PAGE}?done=restored"
    assert typed(staff.get(PAGE)) == ARTICLE
    assert words(staff.get(f"{PAGE}/history")).count("restored") == 1
    assert audit(shelf_app)[-1] == ("article.restored", staff_id)


def test_a_deleted_article_is_restored(shelf_app, staff):
    post(staff, f"{PAGE}/delete", base=hidden(staff.get(PAGE), "base"))
    page = staff.get(f"{PAGE}/history")
    assert "deleted charlie@example.org" in words(page)
    latest = re.findall(r'href="([^"]*/history/\d+)"', page.text)[0]
    assert post(staff, latest, base=hidden(staff.get(latest), "base")).status_code == 303
    assert stored(shelf_app).author == "The tests"


def test_an_earlier_text_is_not_put_over_what_changed_meanwhile(staff):
    save(staff, ARTICLE.replace("canary-procedure", "one"))
    oldest = re.findall(r'href="([^"]*/history/\d+)"', staff.get(f"{PAGE}/history").text)[-1]
    page = post(staff, oldest, base="an old one")
    assert page.status_code == 409
    assert typed(page).replace("\r\n", "\n") == ARTICLE


def test_titles_are_searched_and_what_is_not_found_is_told(staff):
    assert "1 article found" in words(staff.get("/staff/articles/?q=BOWEL"))
    assert "No article’s code begins like this" in words(staff.get("/staff/articles/?q=%25"))


def test_the_empty_list_says_how_to_begin(app):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    assert "There are no articles yet." in words(staff.get("/staff/articles/"))


def test_only_staff_may(shelf_app, staff, reader):
    base = hidden(staff.get(PAGE), "base")
    alice, guest = reader(), shelf_app.test_client()
    for path in ("/staff/articles/", PAGE, f"{PAGE}/history", f"{PAGE}/history/1", "/staff/articles/write"):
        assert alice.get(path).status_code == 404
        assert guest.get(path).status_code == 302
    for path in (PAGE, f"{PAGE}/delete", f"{PAGE}/history/1"):
        assert post(alice, path, base=base, markdown=ARTICLE, do="save").status_code == 404
    assert audit(shelf_app) == []


@pytest.mark.parametrize(
    "path",
    ["elves/G0105", "hcpcs/" + "G" * 21, "hcpcs/%20", "hcpcs/G0105/history/4711", "hcpcs/G9999/history/1"],
)
def test_what_is_not_there_is_not_found(staff, path):
    assert staff.get(f"/staff/articles/{path}").status_code == 404
