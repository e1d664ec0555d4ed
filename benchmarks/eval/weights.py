"""Fit the weights of findings' scores anew: `python -m benchmarks.eval.weights FOLDER` (a data folder that is loaded).

They are fitted on the training part of CodiEsp where it lies beside the project, which no figure is measured on:
Miranda-Escalada et al. 2020, doi 10.5281/zenodo.3837305, CC-BY 4.0. Prints what `scoring.toml` holds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.eval import folder
from benchmarks.eval.score_detect import matches
from benchmarks.eval.sets import BESIDE
from webapp.codes.terms import keeping
from webapp.tools.detecticd10cm import scoring
from webapp.tools.detecticd10cm.engine import Finding
from webapp.tools.detecticd10cm.service import detect

TRAINING = BESIDE / "codiesp_train.jsonl"
STEPS, PENALTY = 60, 1.0
"""Newton's steps, and the weight of the squares of all weights."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eval.weights", description="Fit the weights of scores.")
    parser.add_argument("data", type=Path, help="a data folder that is loaded")
    with folder.opened(parser.parse_args().data):
        rows, right = _rows()
    names = sorted({name for row in rows for name in row})
    for name, weight in zip(names, _fitted(rows, right, names), strict=True):
        print(f'"{name}" = {weight:.2f}')


def _rows() -> tuple[list[dict[str, float]], list[bool]]:
    """Return the features of each code found in each document, and whether its coders gave it."""
    store, rows, right = keeping.current(), [], []
    billable = folder.billable(store, keeping.days(store, None)[0])
    for line in TRAINING.read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        found = [each for each in detect(document["text"]).findings if each.status == "present"]
        for code, best in _best(found).items():
            rows.append(scoring.features(store, best, scoring.places(found), len(document["text"])))
            right.append(any(matches(code, gold, billable) for gold in document["gold"]))
    return rows, right


def _best(found: list[Finding]) -> dict[str, Finding]:
    """Return for each code the finding with the highest score."""
    return {each.code: each for each in sorted(found, key=lambda each: each.score)}


def _fitted(rows: list[dict[str, float]], right: list[bool], names: list[str]) -> list[float]:
    """Return the weights of a logistic regression."""
    given = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    wanted, weights = np.array(right, float), np.zeros(len(names))
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-given @ weights))
        slope = given.T @ (wanted - share) - PENALTY * weights
        bend = (given * (share * (1 - share))[:, None]).T @ given + PENALTY * np.eye(len(names))
        weights += np.linalg.solve(bend, slope)
    fitted: list[float] = weights.tolist()
    return fitted


if __name__ == "__main__":
    main()
