"""The tools that work on the loaded datasets: where each one is, and which feature of a plan it is."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.codes.features import FEATURES


@dataclass(frozen=True, slots=True)
class Sheet:
    """One tool. `feature` is the key in the plan catalogue, `path` its address."""

    feature: str
    path: str
    summary: str

    @property
    def name(self) -> str:
        return FEATURES[self.feature]


CLAIM_CHECK = Sheet(
    "claim_check",
    "/tools/claim-check",
    "Procedure pairs, units, add-on codes and diagnoses of a claim, checked line by line before it is sent.",
)
PRICES = Sheet(
    "prices",
    "/tools/prices",
    "What Medicare pays for the lines of a day in any locality, with the sum behind every figure.",
)
RAF = Sheet(
    "raf",
    "/tools/raf",
    "Condition categories of a patient’s diagnoses, which of them drop, and the sum of their factors.",
)
SHEETS = (CLAIM_CHECK, PRICES, RAF)
