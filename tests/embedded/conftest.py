"""Sites that start in a moment: on a migrated database, with nothing to load."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import sites
from tests.support.sites import RunningSite

Refusal = Callable[..., str]


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory, _migrated_sqlite: Path) -> Path:
    """A database to copy."""
    data = tmp_path_factory.mktemp("empty")
    sites.without_catalogue(data, _migrated_sqlite)
    return data / "codeshelf.db"


@pytest.fixture
def data(tmp_path: Path, empty_site: Path) -> Path:
    """A data folder of the test's own."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(empty_site, folder)
    return folder


@pytest.fixture(scope="session")
def running_site(tmp_path_factory: pytest.TempPathFactory, empty_site: Path) -> Iterator[RunningSite]:
    """One site for many tests, with a plan catalogue of its own in its data folder; each test leaves it running."""
    folder = tmp_path_factory.mktemp("running")
    shutil.copy(empty_site, folder)
    shutil.copy(sites.ROOT / "plans.toml", folder)
    with RunningSite(folder, PLANS_FILE=folder / "plans.toml", PAYMENT_SANDBOX=True) as site:
        yield site


@pytest.fixture
def refusal(data: Path) -> Refusal:
    """Start a site that cannot start, and return what it says."""

    def start(*, before: str = "pass", folder: Path = data, **settings: object) -> str:
        code = f"import runpy, sys; {before}; sys.argv = ['webapp']; runpy.run_module('webapp', run_name='__main__')"
        done = sites.run(["-c", code], sites.environ(folder, **settings))
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        sentence = done.stderr.strip()
        assert sentence.count("\n") == 0, sentence
        return sentence

    return start
