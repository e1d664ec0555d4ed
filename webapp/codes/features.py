"""What a plan may allow beside the sections of a page: by the name that the plan catalogue uses."""

from __future__ import annotations

FEATURES = {
    "as_of": "Codes as of a date of service",
    "differences": "Differences between releases",
    "claim_check": "Claim check",
    "prices": "Medicare prices by locality",
    "raf": "Risk adjustment factors",
    "batch": "Batches of notes",
}
"""Every feature that a plan can have, with what readers call it."""
