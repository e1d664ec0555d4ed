"""Whoever loads builds the search index, by command, as staff or at the start; what fails there harms no load."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests.codes import tabular
from webapp.codes import search, tasks
from webapp.codes.terms import keeping
from webapp.codes.uploads import service
from webapp.codes.uploads import tasks as jobs
from webapp.codes.uploads.models import CatalogueJob
from webapp.core import clock
from webapp.embedded import prepare
from webapp.extensions import db, transaction

SOURCE = "icd10cm-tabular"


def run(app: Flask, *arguments: object) -> Result:
    result = app.test_cli_runner().invoke(args=["codes", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


def found(app: Flask, query: str) -> list[str]:
    with app.app_context():
        return [hit.key for hit in search.search(query).hits]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "codes.txt").write_text(tabular.CODES)
    path = tmp_path / tabular.FILE_NAME
    path.write_text(tabular.XML)
    return path


def load(app: Flask, file: Path, *options: str) -> None:
    run(app, "import", SOURCE, file, "--codes", file.parent / "codes.txt", *options)


def test_a_load_by_command_can_be_found_at_once(database: Flask, file: Path) -> None:
    load(database, file)
    assert found(database, "hearth") == ["B10"]
    (file.parent / "later.txt").write_text(tabular.LATER_CODES)
    later = file.with_name("icd10cm-tabular-2027.xml")
    later.write_text(tabular.later())
    run(database, "import", SOURCE, later, "--codes", file.parent / "later.txt", "--effective", "2026-10-01")
    assert found(database, "sparks") == ["A00.1"]
    run(database, "rollback", SOURCE, "--yes")
    assert found(database, "sparks") == []
    assert found(database, "hearth") == ["B10"]


def test_a_dry_run_builds_nothing(database: Flask, file: Path) -> None:
    load(database, file, "--dry-run")
    with database.app_context(), pytest.raises(keeping.NotBuilt):
        keeping.current()


def test_an_article_by_command_can_be_found_at_once(database: Flask, tmp_path: Path) -> None:
    article = tmp_path / "articles" / "hcpcs" / "G0001.md"
    article.parent.mkdir(parents=True)
    head = "system: hcpcs\ncode: G0001\ntitle: Weighing of a dragon\nauthor: Alice\nupdated: 2026-03-01\nsources: [One]"
    article.write_text(f"---\n{head}\n---\n\n## Procedure\n\n1. Weighing — slowly.\n")
    run(database, "import", "articles", tmp_path / "articles")
    assert found(database, "dragon") == ["G0001"]


def do_job(app: Flask, file: Path, *, dry_run: bool = False) -> CatalogueJob:
    """A load as the worker does it, of files that staff sent."""
    with app.app_context():
        folder = app.extensions["settings"].data / "uploads" / "sent"
        folder.mkdir(parents=True)
        for each in (file, file.parent / "codes.txt"):
            (folder / each.name).write_bytes(each.read_bytes())
        places = [("file", file.name), ("codes", "codes.txt")]
        files = [{"role": role, "place": name, "name": name, "size": 1} for role, name in places]
        with transaction():
            job = CatalogueJob(kind="load", source=SOURCE, dry_run=dry_run, folder="sent", given={}, files=files)
            job.created_at = clock.now()
            db.session.add(job)
            db.session.flush()
            job_id = job.id
        jobs.run(job_id)
        done = service.of(job_id)
        db.session.expunge(done)
        return done


def test_a_load_by_staff_can_be_found_at_once(database: Flask, file: Path) -> None:
    assert do_job(database, file).state == "done"
    assert found(database, "hearth") == ["B10"]


def test_a_dry_run_by_staff_builds_nothing(database: Flask, file: Path) -> None:
    assert do_job(database, file, dry_run=True).state == "done"
    with database.app_context(), pytest.raises(keeping.NotBuilt):
        keeping.current()


def test_a_load_stands_if_the_index_cannot_be_built_and_the_schedule_builds_it(app: Flask, file: Path) -> None:
    in_the_way = app.extensions["settings"].data / "terms"
    in_the_way.write_text("no folder")
    assert do_job(app, file).state == "done"
    in_the_way.unlink()
    with app.app_context():
        tasks.keep_terms()
    assert found(app, "hearth") == ["B10"]


@pytest.mark.slow
def test_a_start_builds_it_and_the_next_one_does_not(
    make_app: Callable[..., Flask], whole_catalogue: Path, tmp_path: Path
) -> None:
    shutil.copy(whole_catalogue / "codeshelf.db", tmp_path)
    app = make_app()
    told: list[str] = []
    with app.app_context():
        prepare.load_catalogue(told.append)
        assert "Loading: Search index" in told
        assert search.search("type 2 diabetes").total
        told.clear()
        prepare.load_catalogue(told.append)
        assert "Loading: Search index" not in told
