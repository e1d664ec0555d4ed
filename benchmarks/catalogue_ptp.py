"""How long two million NCCI edits take to load, to replace and to take back, how much memory, and how fast claims are.

    .venv/bin/python benchmarks/catalogue_ptp.py [DATABASE_URL] [ROWS]

Without an address (or with `sqlite`) it uses a new SQLite in a temporary folder; an address must name an empty
PostgreSQL database. The edits are made up, in the publisher's layout and about as they are spread in its files.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import flask_migrate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import config
from webapp.app import create_app
from webapp.codes.claims import service
from webapp.codes.claims.model import Claim, Line
from webapp.codes.datasets import loading, ptp, ptp_edits
from webapp.codes.datasets import releases as dataset_releases
from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers.files import SourceFile
from webapp.extensions import db, transaction

PARTS = 4
DAY = date(2026, 8, 3)
HEADING = (
    "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n"
    "\t\t\t\t*=no data\t1=allowed\t\n"
    "\t\t\t\t\t9=not applicable\t\n"
)


def main(database_url: str, count: int) -> None:
    """Load two releases, take one back, and print what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        july, october = Path(folder, "july"), Path(folder, "october")
        codes = _codes()
        _write(july, "v322r0", _edits(codes, count, later=False), count)
        _write(october, "v323r0", _edits(codes, count, later=True), count)
        app = create_app(config.load({"DATA": folder, "DATABASE_URL": database_url}))
        with app.app_context():
            flask_migrate.upgrade()
            print(f"memory          {_megabytes():6.0f} MB before")
            _measured("first release", lambda: ptp.load(sorted(july.iterdir()), Given()))
            _measured("same again", lambda: ptp.load(sorted(july.iterdir()), Given()))
            _measured("next release", lambda: ptp.load(sorted(october.iterdir()), Given()))
            _measured("take back", lambda: ptp.take_back(dataset_releases.of("ptp-practitioner")[0]))
            print(f"memory          {_megabytes():6.0f} MB at most")
            if not database_url:
                size = sum(path.stat().st_size for path in Path(folder).glob("codeshelf.db*"))
                print(f"database        {size / 1e6:6.0f} MB with its log")
            _look_up(codes)
            _check_claims(codes)


def _codes() -> list[str]:
    numbers = [f"{number:05d}" for number in range(100, 99700, 8)]
    return numbers + [f"{letter}{number:04d}" for letter in "CGJQS" for number in range(100, 9000, 90)]


def _edits(codes: list[str], count: int, *, later: bool) -> Iterator[str]:
    """Yield lines. A few codes stand in column 2 of most; a later release changes one in 500 and adds one in 300."""
    chance = random.Random(7)
    often = set(chance.sample(range(len(codes)), 40))
    each = count // len(codes)
    for column1 in codes:
        others = sorted(often | set(chance.sample(range(len(codes)), max(each - 40, 1))))
        for number in others:
            begun = f"{chance.randrange(1996, 2026)}{chance.choice(('0101', '0401', '0701', '1001'))}"
            ended, lot, new = f"{chance.randrange(2000, 2027)}0331", chance.random(), chance.random() < 1 / 300
            ended = ended if ended > begun and lot < 0.3 else "*"
            if later and ended == "*" and lot > 0.998:
                ended = "20260930"
            line = f"{column1}\t{codes[number]}\t\t{begun}\t{ended}\t{chance.choice('011')}"
            why = f"Made-up rationale {chance.randrange(25)}"
            if later or not new:
                yield f"{line}\t{why}\n"


def _write(folder: Path, version: str, lines: Iterator[str], count: int) -> None:
    folder.mkdir()
    for part in range(1, PARTS + 1):
        with (folder / f"ccipra-{version}-f{part}.txt").open("w") as file:
            file.write(HEADING)
            for _, line in zip(range(count // PARTS if part < PARTS else count), lines):  # noqa: B905 - parts of one
                file.write(line)


def _measured(name: str, work: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    with transaction():
        done = work()
    told = ""
    if isinstance(done, loading.Report):
        table = done.tables[0]
        told = f", {table.rows} rows, {table.added} added, {table.changed} changed, {table.ended} ended"
    print(f"{name:<15} {time.perf_counter() - wall:6.1f} s, {time.process_time() - cpu:.1f} s CPU{told}")


def _look_up(codes: list[str]) -> None:
    chance = random.Random(3)
    chosen = [chance.sample(codes, 50) for _ in range(50)]
    _times("pairs of 50", [lambda some=some: ptp_edits.pairs(some, "p", DAY) for some in chosen])
    some = [codes[number] for number in chance.sample(range(len(codes)), 100)]
    _times("of_code", [lambda code=code: ptp_edits.of_code(code, "p", DAY) for code in some])
    often = random.Random(7).sample(range(len(codes)), 40)
    _times("of_code, often", [lambda code=codes[at]: ptp_edits.of_code(code, "p", DAY) for at in often])


def _check_claims(codes: list[str]) -> None:
    """Check claims of 50 lines, with units and add-ons of every code loaded too."""
    file = SourceFile("made-up", b"made up")
    units = Table("mue-practitioner", {(code, ""): ("2", "3", "Made up") for code in codes})
    addons = Table(
        "aoc", {(code, other): ("1", other, "20130101", "", "", "", "") for code in codes[::9] for other in codes[:10]}
    )
    fees = Table("mpfs", {(code, ""): ("A", *[""] * 27) for code in codes})
    with transaction():
        loading.load(file, Parsed("2026 Q3", date(2026, 7, 1), date(2026, 9, 30), [units, addons, fees]))
    chance = random.Random(5)
    claims = []
    for _ in range(50):
        lines = tuple(
            Line(number, code, chance.randrange(1, 4), chance.choice(((), ("59",), ("LT",))), DAY)
            for number, code in enumerate(chance.sample(codes, 50), 1)
        )
        claims.append(Claim(lines, setting="practitioner"))
    findings = len(service.check(claims[0]).findings)
    _times(f"50-line claim, {findings} findings", [lambda claim=claim: service.check(claim) for claim in claims])


def _times(name: str, works: list[Callable[[], object]]) -> None:
    times = []
    for work in works:
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    times.sort()
    print(f"{name:<30} {statistics.median(times) * 1000:6.1f} ms p50, {times[-1] * 1000:.1f} ms at most")
    db.session.rollback()


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else ""
    main("" if address == "sqlite" else address, int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000)
