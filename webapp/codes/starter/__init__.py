"""What a fresh site starts with: ICD-10-CM from the `simple-icd-10-cm` package, and articles of our own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from webapp.codes import articles, information, loader
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import open_source
from webapp.codes.listing import FileRefused
from webapp.codes.markdown import parse_article
from webapp.codes.progress import Progress
from webapp.extensions import transaction

HERE = Path(__file__).parent
PACKAGE = "simple_icd_10_cm"


def load(progress: Progress) -> None:
    """Load what is not loaded yet. Errors: FileRefused with a sentence, when a file is missing or broken."""
    tabular, codes = packaged_files()
    progress("Reading", 0, 1)
    listing = icd10cm.read(open_source(tabular), open_source(codes), None, None)
    progress("Reading", 1, 1)
    with transaction():
        loader.load(listing, progress)
    with transaction():
        load_articles(HERE / "articles")
        information.import_information(open_source(HERE / "code_information.csv"))


def load_articles(folder: Path) -> tuple[int, int]:
    """Store the articles of a folder, `<system>/<code>.md`; return how many were read, how many changed.

    Errors: FileRefused naming the file and the line.
    """
    files = sorted(folder.rglob("*.md"))
    if not files:
        raise FileRefused(f"{folder} holds no article (*.md).")
    written = [parse_article("\n".join(open_source(path).lines()) + "\n", path.name) for path in files]
    return len(written), sum(map(articles.store_article, written))


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
