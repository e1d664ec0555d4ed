"""Load every public file of the catalogue but PTP, then read the data of pages: seconds, memory, milliseconds.

`python -m benchmarks.catalogue [DATABASE_URL]`, by default on a SQLite of its own. The publishers' files are looked for
beside the project; without them there is nothing to measure.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from tests.support import applications
from webapp.codes import importing, service
from webapp.codes.datasets import reading, releases
from webapp.codes.datasets.parsed import Given
from webapp.codes.document import parse
from webapp.codes.facts import page
from webapp.codes.importers.files import open_source
from webapp.codes.listing import plain
from webapp.codes.models import Code, CodeSystem
from webapp.extensions import db

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
JULY_2020 = "asc/asc_2020_07_addendum"
FILES: list[tuple[str, str, date | None]] = [
    ("icd10cm-tabular", "icd10cm/icd10cm-tabular-April-2025.xml", None),
    ("icd10cm-tabular", "icd10cm/icd10cm-tabular-April-1-2026.xml", None),
    ("icd10cm-order", "icd10cm/icd10cm-order-Jan-2021.txt", None),
    ("icd10cm-codes", "icd10cm/icd10cm-codes-2026.rebuilt.txt", None),
    ("icd10cm-index", "icd10cm/icd10cm-index-2025.rebuilt.xml", None),
    ("icd10cm-index", "icd10cm/icd10cm-eindex-April-1-2026-XML.xml", None),
    ("icd10cm-index", "icd10cm/icd10cm-neoplasm-April-1-2026-XML.xml", None),
    ("icd10cm-index", "icd10cm/icd10cm-drug-April-1-2026-XML.xml", None),
    ("hcpcs", "hcpcs/2019/HCPC2019_CONTR_ANWEB.txt", None),
    ("hcpcs", "hcpcs/2020/HCPC2020_OCT_ANWEB.xlsx", None),
    ("hcpcs", "hcpcs/2025/hcpcs_level2_long_2025-11.csv", None),
    ("mpfs", "mpfs/PPRRVU2025_Oct.nodesc.csv", None),
    ("gpci", "mpfs/GPCI2025.csv", None),
    ("locality", "mpfs/25LOCCO.csv", None),
    ("anesthesia", "mpfs/ANES2025.csv", None),
    ("oppscap", "mpfs/OPPSCAP_Oct.csv", date(2025, 10, 1)),
    ("opps", "opps/addendum_b_2026-04.nodesc.csv", None),
    ("asc", f"{JULY_2020}_AA.nodesc.csv", None),
    ("asc", f"{JULY_2020}_BB.nodesc.csv", None),
    ("asc", f"{JULY_2020}_EE.nodesc.csv", None),
    ("aoc", "ncci/AOC_V2026Q2-MCR.xlsx", None),
    ("mue", "excerpts/MCR_MUE_PractitionerServices_Eff_07-01-2026.excerpt.csv", None),
    ("gem", "gem/2013_I10gem.txt", None),
    ("gem", "gem/2013_I9gem.txt", None),
    ("gem", "gem/icd10cmtoicd9gem_nber2018.csv", None),
    ("gem", "gem/icd9toicd10cmgem_nber2018.csv", None),
    ("gem", "gem/CMS32_DESC_LONG_DX.txt", None),
    ("hcc", "hcc/F2422P1M.TXT", date(2022, 1, 1)),
    ("hcc", "hcc/F2824T1N.TXT", date(2024, 1, 1)),
    ("hcc", "hcc/ra_dx_to_cc_2026.csv", None),
    ("hcc", "hcc/ra_dx_to_cc_2027.csv", None),
    ("hcc", "hcc/ra_labels_2026.csv", None),
    ("hcc", "hcc/ra_hierarchies_2026.csv", None),
    ("ccsr", "ccsr/DXCCSR_v2022-1.from_rda.csv", None),
    ("ccsr", "ccsr/CCSR_DX_categories_v2022-1.csv", None),
    ("pos", "pos/place_of_service.csv", date(2025, 1, 1)),
]
"""Source, file, and the first day where the file does not tell it."""
CODES = "icd10cm/icd10cm-codes-2026.rebuilt.txt"
PAGES = 300
DAY = date(2026, 4, 1)


def load_all() -> float:
    """Load the files one after the other and return the seconds in all."""
    began = time.perf_counter()
    for source, name, effective in FILES:
        codes = open_source(SHARED / CODES) if name.endswith("April-1-2026.xml") else None
        since = time.perf_counter()
        report = importing.load(source, [SHARED / name], Given(None, effective, codes))
        print(f"{time.perf_counter() - since:7.2f} s  {source:<16} {Path(name).name:<58} {report.read} rows")
    return time.perf_counter() - began


def read_pages(system: str) -> tuple[float, float]:
    """Return the median milliseconds of a page's look-ups, and of making its sections too."""
    rows = select(Code.key).join(CodeSystem, CodeSystem.id == Code.system_id).where(CodeSystem.key == system)
    keys = db.session.scalars(rows.where(func.length(Code.key) > 3).order_by(Code.id)).all()
    looked_up, made = [], []
    for key in random.Random(1).sample(list(keys), PAGES):
        since = time.perf_counter()
        packed = service.document(system, key)
        reading.facts(plain(key), DAY)
        releases.on(DAY)
        looked_up.append(time.perf_counter() - since)
        if packed is not None:
            since = time.perf_counter()
            page.with_facts(parse(packed), DAY)
            made.append(time.perf_counter() - since)
    return 1000 * statistics.median(looked_up), 1000 * statistics.median(made)


def main(database_url: str | None) -> None:
    if not SHARED.exists():
        print("Nothing to measure: the publishers' files are not beside this project.")
        return
    with tempfile.TemporaryDirectory() as folder:
        given = {"DATABASE_URL": database_url} if database_url else {}
        settings = applications.settings(DATA=folder, LOG_LEVEL="warning", **given)
        applications.migrated(settings)
        app = applications.create_app(settings)
        with app.app_context():
            print(f"all: {load_all():.1f} s")
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"memory: {memory:.0f} MB at most")
            for system in ("icd-10-cm", "hcpcs", "cpt"):
                looked_up, made = read_pages(system)
                print(f"{system}: look-ups {looked_up:.2f} ms, sections made {made:.2f} ms (medians of {PAGES} pages)")
        applications.close(app)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
