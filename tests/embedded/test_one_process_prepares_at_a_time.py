"""Several processes that start at once on one database: one migrates, the others wait, all succeed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import config
from tests.support import applications, sites
from webapp.embedded import prepare

MIGRATE = "from webapp.app import create_app\nfrom webapp.embedded.prepare import migrate_locked\n"
MIGRATE += "with create_app().app_context(): migrate_locked()"


@pytest.fixture(params=["sqlite", "postgresql"])
def environ(request, tmp_path):
    """The environment of a site on an empty database."""
    given = {}
    if request.param == "postgresql":
        given = {"DATABASE_URL": request.getfixturevalue("empty_pg_url")}
    return sites.environ(tmp_path, **given)


def begin(environ) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MIGRATE], cwd=sites.ROOT, env=environ, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_both_of_two_find_the_schema(environ):
    both = [begin(environ), begin(environ)]
    for process in both:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    app = applications.create_app(config.load(environ))
    done = app.test_cli_runner().invoke(args=["db", "check"])
    applications.close(app)
    assert done.exit_code == 0, done.output


def test_one_waits_while_another_holds_the_lock(database):
    with database.app_context(), prepare.exclusive():
        settings = database.extensions["settings"]
        other = begin(sites.environ(settings.data, DATABASE_URL=settings.database_url))
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(3)
    _, errors = other.communicate(timeout=30)
    assert other.returncode == 0, errors
