"""How long the first load of ICD-10-CM takes, how much memory, and how fast pages are read.

    .venv/bin/python benchmarks/catalogue_load.py [DATABASE_URL]

Without an address it uses a new SQLite in a temporary folder; an address must name an empty PostgreSQL database.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import flask_migrate
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import config
from webapp.app import create_app
from webapp.codes import browse, search, service, starter
from webapp.codes.document import parse
from webapp.codes.models import Code
from webapp.extensions import db

READS = 2000
QUERIES = ("E11.9", "diabetes", "type 2 diabetes", "fracture lower end radius", "colonoscopy", "initial encounter")


def main(database_url: str) -> None:
    """Load into a new database and print what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.load({"DATA": folder, "DATABASE_URL": database_url}))
        with app.app_context():
            flask_migrate.upgrade()
            before = _megabytes()
            wall, cpu = time.perf_counter(), time.process_time()
            starter.load(lambda *_: None)
            print(f"load            {time.perf_counter() - wall:6.1f} s, {time.process_time() - cpu:.1f} s CPU")
            print(f"memory          {_megabytes():6.0f} MB at most, {before:.0f} MB before")
            if not database_url:
                size = sum(path.stat().st_size for path in Path(folder).glob("codeshelf.db*"))
                print(f"database        {size / 1e6:6.0f} MB")
            _read_pages()
            _search()


def _read_pages() -> None:
    keys = list(db.session.scalars(select(Code.key).where(Code.system_id == 1)))
    chosen = random.Random(1).sample(keys, READS)
    reads, parses = [], []
    for key in chosen:
        begun = time.perf_counter()
        packed = service.document("icd-10-cm", key)
        read = time.perf_counter()
        parse(packed or b"")
        reads.append(read - begun)
        parses.append(time.perf_counter() - read)
    for name, times in (("document()", reads), ("parse()", parses)):
        times.sort()
        p50, p99 = statistics.median(times), times[len(times) * 99 // 100]
        print(f"{name:<15} {p50 * 1000:6.3f} ms p50, {p99 * 1000:.3f} ms p99 of {len(keys)} codes")


def _search() -> None:
    for query in QUERIES:
        begun = time.perf_counter()
        total = search.search(query).total
        print(f"search          {(time.perf_counter() - begun) * 1000:6.1f} ms, {total} hits: {query}")
    begun = time.perf_counter()
    browse.nearest("icd-10-cm", "E11.99")
    print(f"nearest()       {(time.perf_counter() - begun) * 1000:6.1f} ms")


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
