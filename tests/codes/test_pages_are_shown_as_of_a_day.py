"""A code's page as it stood on a day, put together from dated versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.codes import tabular
from webapp.codes import loader, rollback, service, standing
from webapp.codes.document import parse
from webapp.codes.models import Code, CodeDocument, CodeSystem, Release
from webapp.core.errors import NotFound
from webapp.extensions import db, transaction

SYSTEM = "icd-10-cm"


def load_later() -> None:
    with transaction():
        loader.load(tabular.later_listing())


def keys() -> list[str]:
    return list(db.session.scalars(select(Code.key)))


def test_on_the_current_releases_day_it_is_the_stored_page(catalogue: Flask) -> None:
    assert len(keys()) > 15
    for key in keys():
        assert standing.document(SYSTEM, key, date(2026, 4, 1)) == parse(service.document(SYSTEM, key) or b"")


def test_on_an_earlier_day_it_is_the_page_that_was_stored_then(catalogue: Flask) -> None:
    then = {key: parse(service.document(SYSTEM, key) or b"") for key in keys()}
    load_later()
    assert all(standing.document(SYSTEM, key, date(2026, 9, 30)) == page for key, page in then.items())
    now = standing.document(SYSTEM, "A00.9", date(2026, 10, 1))
    assert now is not None
    assert (now.title, now.release) == ("Dragon fever NOS", "October 2026")


def test_a_day_that_no_release_covers_is_told(catalogue: Flask) -> None:
    with pytest.raises(NotFound, match=r"covers 31 March 2026\. The releases loaded here begin on 1 April 2026\."):
        standing.document(SYSTEM, "A00.9", date(2026, 3, 31))


def test_a_code_that_was_not_in_force_tells_its_days(catalogue: Flask) -> None:
    load_later()
    with pytest.raises(NotFound, match=r"not in force on 1 November 2026\. Known days: 1 April 2026 to 30 S"):
        standing.document(SYSTEM, "S52.502B", date(2026, 11, 1))
    assert standing.document(SYSTEM, "Z99", date(2026, 11, 1)) is None


def test_a_roll_back_brings_all_pages_back(catalogue: Flask) -> None:
    then = {key: parse(service.document(SYSTEM, key) or b"") for key in keys()}
    load_later()
    with transaction():
        taken = rollback.roll_back("icd10cm-tabular")
    assert taken.name == "October 2026"
    assert {key: parse(service.document(SYSTEM, key) or b"") for key in then} == then
    assert service.document(SYSTEM, "A00.1") is None
    with transaction():
        report = loader.load(tabular.later_listing())
    assert (report.added, report.changed, report.ended) == (1, 1, 2)


def test_a_roll_back_keeps_the_pages_of_codes_that_ended_before(catalogue: Flask) -> None:
    load_later()
    ended = service.document(SYSTEM, "S52.502B")
    third = replace(tabular.later_listing(), release="April 2027", valid_from=date(2027, 4, 1), sha256="0" * 64)
    with transaction():
        loader.load(third)
    with transaction():
        rollback.roll_back("icd10cm-tabular")
    again = parse(service.document(SYSTEM, "S52.502B") or b"")
    assert replace(again, release_to="") == replace(parse(ended or b""), release_to="")


def test_the_only_release_can_be_taken_back_too(catalogue: Flask) -> None:
    with transaction():
        rollback.roll_back("icd10cm-tabular")
    assert db.session.scalars(select(Release)).all() == []
    assert db.session.scalars(select(CodeDocument)).all() == []
    assert db.session.scalars(select(CodeSystem.current_release_id).where(CodeSystem.key == SYSTEM)).one() is None
