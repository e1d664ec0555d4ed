"""The public scoreboard: how well the tools find codes, as `make eval` measured it, beside other ways of doing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, render_template

from webapp.tools import peers

blueprint = Blueprint("scoreboard", __name__)

FILE = Path(__file__).with_name("scoreboard.json")
"""The figures of the newest measurement. Without it nothing was measured yet."""


class Names:
    """What sets and kinds of texts are called on the page."""

    SETS = {
        "blind": "First blind set",
        "second blind": "Second blind set",
        "practice": "Practice set",
        "development": "Development set",
    }
    QUERIES = {
        "abbrev": "Abbreviations",
        "code": "Codes",
        "code_nodot": "Codes without the dot",
        "code_prefix": "Beginnings of codes",
        "hcpcs": "Items and services of HCPCS",
        "lay": "Patients’ words",
        "multi": "Two things at once",
        "partial": "Unfinished words",
        "title": "Official titles",
        "typo": "Misspelt words",
        "typo_auto": "Titles with random errors",
        "word_order": "Words in another order",
    }
    NOTES = {
        "abbr": "Abbreviations",
        "combo": "Combination codes",
        "fam": "Family history",
        "hist": "Personal history, states, devices",
        "lat": "Side, site, stage",
        "look": "Look-alikes",
        "multi": "Several of these",
        "neg": "Absent findings",
        "seventh": "Episode of care",
        "typo": "Misspelt diagnoses",
        "unc": "Suspected, possible, conditional",
    }
    STATUSES = {
        "fam": "of the family",
        "look": "look-alikes",
        "neg": "absent",
        "unc": "uncertain",
    }


@blueprint.get("/scoreboard")
def page() -> str:
    """The figures of search and detection by set and kind, and what they mean."""
    tools = current_app.extensions["tools"]
    return render_template("tools/scoreboard.html", measured=_measured(FILE), peers=peers, names=Names, tools=tools)


def _measured(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text("utf-8")) if path.exists() else None
