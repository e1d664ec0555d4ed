"""A process of its own with both tools in it: how long the store takes to open, and how much memory it all takes.

`python -m benchmarks.eval.process FOLDER` prints them as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

from benchmarks.eval import folder, sets
from webapp.codes.search import search
from webapp.codes.terms import keeping
from webapp.tools.detecticd10cm.service import detect

ANSWERED = 50
"""Texts that each tool answers before memory is looked at."""


def measured(data: Path) -> dict[str, float]:
    """Return the figures of a new process on a data folder."""
    command = [sys.executable, "-m", "benchmarks.eval.process", str(data)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    return cast(dict[str, float], json.loads(found.stdout.splitlines()[-1]))


def main(data: Path) -> None:
    with folder.opened(data):
        since = time.perf_counter()
        keeping.current()
        opened = time.perf_counter()
        search(folder.WARM_UP)
        detect(folder.WARM_UP)
        ready = time.perf_counter()
        for query in sets.queries()[sets.PRACTICE][:ANSWERED]:
            search(query.text)
        for note in sets.notes()[sets.PRACTICE][:ANSWERED]:
            detect(note.text)
        own, mapped = _memory()
    figures = {
        "open_ms": 1000 * (opened - since),
        "first_ms": 1000 * (ready - opened),
        "own_mb": own,
        "mapped_mb": mapped,
    }
    print(json.dumps({name: round(value) for name, value in figures.items()}))


def _memory() -> tuple[float, float]:
    """Return the megabytes that only this process holds, and those mapped from files, which processes share."""
    status = Path("/proc/self/status").read_text()
    own, mapped = (int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) for name in ("RssAnon", "RssFile"))  # type: ignore[index]  # Linux says both
    return own / 1024, mapped / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
