"""Every text of an article is kept, and two who write at once cannot overwrite each other unseen."""

from __future__ import annotations

import threading

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select

from tests.support import people
from webapp.codes import article_files, article_history, editing
from webapp.codes.article_history import ArticleRevision
from webapp.codes.editing import Stale
from webapp.codes.listing import FileRefused
from webapp.codes.markdown import parse_article
from webapp.core.errors import NotFound
from webapp.extensions import db, transaction

ARTICLE = """---
system: hcpcs
code: G0000
title: Weighing of a dragon
author: Alice
updated: 2026-03-01
---

## Indications

A heavy dragon.
"""


@pytest.fixture
def staff_id(empty: Flask) -> int:
    with transaction():
        article_files.store_one(parse_article(ARTICLE, "article"))
    return people.add_reader(empty, "charlie@example.org", staff=True)


def place() -> editing.Place:
    found = editing.place("hcpcs", "g0000")
    assert found
    return found


def base() -> str:
    article = place().article
    return article.sha256 if article else ""


def save(text: str, staff_id: int, over: str | None = None) -> bool:
    with transaction():
        return editing.save(place(), text, base() if over is None else over, staff_id)


def texts() -> list[tuple[str, str]]:
    """Action and last words of each change, oldest first."""
    rows = db.session.scalars(select(ArticleRevision).order_by(ArticleRevision.id))
    return [(row.action, row.markdown.rsplit("\n\n", 1)[1].strip()) for row in rows]


def test_each_change_leaves_what_it_made_and_who_made_it(staff_id: int) -> None:
    save(ARTICLE.replace("heavy", "light"), staff_id)
    assert not save(ARTICLE.replace("heavy", "light"), staff_id)
    with transaction():
        editing.delete(place(), base(), staff_id)
    assert texts() == [
        ("imported", "A heavy dragon."),
        ("saved", "A light dragon."),
        ("deleted", "A light dragon."),
    ]
    code = place().code
    assert code
    assert [change.by for change in article_history.of(code.id)] == ["charlie@example.org"] * 2 + [""]


def test_a_file_that_has_not_changed_leaves_nothing(staff_id: int) -> None:
    with transaction():
        assert not article_files.store_one(parse_article(ARTICLE, "article"))
    assert len(texts()) == 1


def test_a_save_over_another_text_is_refused_with_that_text(staff_id: int) -> None:
    seen = base()
    save(ARTICLE.replace("heavy", "light"), staff_id)
    with pytest.raises(Stale) as refusal:
        save(ARTICLE.replace("heavy", "small"), staff_id, seen)
    assert "light" in refusal.value.markdown
    assert refusal.value.base == base()
    assert [words for _, words in texts()] == ["A heavy dragon.", "A light dragon."]


def test_of_many_at_once_one_is_saved(empty: Flask, staff_id: int) -> None:
    seen, done = base(), []
    begin = threading.Barrier(4)

    def write(number: int) -> None:
        with empty.app_context():
            begin.wait()
            try:
                save(ARTICLE.replace("heavy", f"number {number}"), staff_id, seen)
                done.append(number)
            except Stale:
                pass

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()  # look at what is there now
    assert len(done) == 1
    assert texts()[1:] == [("saved", f"A number {done[0]} dragon.")]


def test_what_is_refused_changes_nothing(staff_id: int) -> None:
    for text in (ARTICLE.replace("G0000", "G0001"), ARTICLE.replace("## Indications", "## Elves"), "", "\0"):
        with pytest.raises(FileRefused, match=r"hcpcs/G0000, line \d"):
            save(text, staff_id)
    assert len(texts()) == 1


def test_a_revision_of_another_article_is_not_found(staff_id: int) -> None:
    with transaction():
        article_files.store_one(parse_article(ARTICLE.replace("G0000", "G0001"), "article"))
    code = place().code
    assert code
    assert article_history.one(code.id, 1).row.action == "imported"
    with pytest.raises(NotFound):
        article_history.one(code.id, 2)


def test_articles_from_before_there_was_a_history_are_its_first_entry(staff_id: int) -> None:
    db.session.remove()
    flask_migrate.downgrade(revision="20261121_datasets")
    flask_migrate.upgrade()
    assert texts() == [("imported", "A heavy dragon.")]
    save(ARTICLE.replace("heavy", "light"), staff_id)
    assert len(texts()) == 2
