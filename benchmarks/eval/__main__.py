"""Measure search and detection on all sets of texts: `python -m benchmarks.eval [--data FOLDER] [--write] [--misses]`.

Without a folder the package's tabular list is loaded into a temporary one, and where the publishers' files lie beside
the project these too, in another. `--write` keeps the figures for the public page.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

from benchmarks.eval import folder, measuring, printing
from benchmarks.eval.figures import Figures
from benchmarks.eval.measuring import Tell
from webapp.codes.terms import keeping
from webapp.core import clock
from webapp.tools.scoreboard import FILE

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eval", description="Measure search and detection.")
    parser.add_argument("--data", type=Path, help="a data folder that is loaded; by default one is loaded here")
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {FILE.name} for the public page")
    parser.add_argument("--misses", action="store_true", help="list the errors of practice and development sets")
    given = parser.parse_args()
    tell = _print if given.misses else _keep_quiet
    parts = [_of_folder(given.data, tell)] if given.data else _of_all(tell)
    made: Figures = {"day": clock.today().isoformat(), "version": _version()}
    for name in ("search", "notes", "codiesp", "stores"):
        made[name] = [each for part in parts for each in part[name]]
    printing.show(made)
    if given.write:
        FILE.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _print(errors: Iterable[str]) -> None:
    for error in errors:
        print(error)


def _keep_quiet(_errors: Iterable[str]) -> None:
    """List no errors."""


def _of_folder(data: Path, tell: Tell) -> Figures:
    """Measure a folder that is given; a store is built there only if there is none."""
    with folder.opened(data) as app:
        missing = not (data / keeping.FOLDER / "current").exists()
        seconds = folder.built() if missing else None
        return measuring.measure(app, data, folder.files_of(keeping.current()), seconds, tell)


def _of_all(tell: Tell) -> list[Figures]:
    """Measure all published files, where they are here, and then the package's list alone."""
    made = []
    for files in (folder.EVERYTHING, folder.PACKAGED) if folder.PUBLISHED.exists() else (folder.PACKAGED,):
        with folder.loaded(files) as (data, seconds), folder.opened(data) as app:
            made.append(measuring.measure(app, data, files, seconds, tell))
    return made


def _version() -> str:
    version: str = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"]
    return version


if __name__ == "__main__":
    main()
