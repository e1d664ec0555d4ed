"""All that a first start loads, loaded once for all test processes: it takes ten seconds."""

from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path

from tests.support import applications
from webapp.codes import starter
from webapp.codes.terms import keeping

TOLD = "told.json"
"""In the data folder, written last: what was told of the progress."""


def made(data: Path) -> Path:
    """Return a data folder with the whole catalogue and its search index; whoever comes first makes it."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "making.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / TOLD).exists():
            _make(data)
    return data


def copy(made: Path, data: Path) -> None:
    """Give a site's data folder the catalogue and the search index of the one that was made."""
    shutil.copy(made / "codeshelf.db", data)
    shutil.copytree(made / keeping.FOLDER, data / keeping.FOLDER)


def told_while_loading(data: Path) -> list[tuple[str, int, int]]:
    """Return each step that was told of: its label, how much of it was done, and of how much."""
    return [(label, done, total) for label, done, total in json.loads((data / TOLD).read_text())]


def _make(data: Path) -> None:
    site = applications.settings(DATA=data)
    applications.migrated(site)
    app = applications.create_app(site)
    told: list[tuple[str, int, int]] = []
    with app.app_context():
        starter.load(lambda *step: told.append(step))
        keeping.keep(lambda *step: told.append(step))
    applications.close(app)
    (data / TOLD).write_text(json.dumps(told))
