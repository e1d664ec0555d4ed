"""What a fresh site starts with: ICD-10-CM from the `simple-icd-10-cm` package, and articles of our own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from webapp.codes import article_files, bulk, information, loader, releases
from webapp.codes.datasets import loading
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import fingerprint, open_source
from webapp.codes.listing import FileRefused
from webapp.codes.progress import Progress
from webapp.extensions import transaction

HERE = Path(__file__).parent
PACKAGE = "simple_icd_10_cm"


def load(progress: Progress) -> None:
    """Load what is missing; where all is there, or something newer, do nothing (some 0.1 s).

    `progress` is told a label, how much is done, and of how much.
    Errors: FileRefused with a sentence, when a file is missing or broken.
    """
    with bulk.collector_paused():
        _load_icd10cm(progress)
    with transaction():
        article_files.store(HERE / "articles", newer_only=True)
        information.import_information(open_source(HERE / "code_information.csv"), missing_only=True)


def _load_icd10cm(progress: Progress) -> None:
    tabular, codes = (open_source(path) for path in packaged_files())
    system, first = releases.system_named(icd10cm.SYSTEM), icd10cm.first_day(tabular)
    if releases.is_loaded(system.id, icd10cm.SOURCE, fingerprint(tabular, codes), loader.FORMAT, first):
        return
    newest = releases.newest(system.id, icd10cm.SOURCE)
    if newest is not None and newest.valid_from > first:
        return
    progress("Reading", 0, 1)
    parsed = icd10cm.read(tabular, Given(codes=codes))
    progress("Reading", 1, 1)
    with transaction():
        loading.load(tabular, parsed, progress)


def packaged_files() -> tuple[Path, Path]:
    """Return the package's tabular XML and list of codes. The package is not imported: that takes seconds.

    Errors: FileRefused if it is not installed, or laid out otherwise.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise FileRefused(f"The package {PACKAGE} is not installed.")
    folder = Path(found.origin).parent / "data"
    files = []
    for pattern in ("*tabular*.xml", "code-list-*.txt"):
        matching = sorted(folder.glob(pattern))
        if len(matching) != 1:
            raise FileRefused(f"The package {PACKAGE} holds {len(matching)} files {pattern}, not one.")
        files.append(matching[0])
    return files[0], files[1]
