from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from webapp.tools import peers, scoreboard

SHARES = {"count": 40, "first": 0.911, "among_five": 0.922, "mrr": 0.933}
RATES = {"precision": 0.811, "recall": 0.822, "f1": 0.833}
MEASURED = {
    "day": "2026-11-21",
    "version": "9.8.7",
    "search": [
        {
            "set": "blind",
            "files": "all files",
            "p50_ms": 4.56,
            "p95_ms": 17.89,
            **SHARES,
            "icd": {"count": 33, "first": 0.944, "among_five": 0.955, "mrr": 0.966},
            "kinds": {
                "lay": {"count": 21, "first": 0.711, "among_five": 0.722, "mrr": 0.733},
                "new": {"count": 19, "first": 0.744, "among_five": 0.755, "mrr": 0.766},
            },
        }
    ],
    "notes": [
        {
            "set": "practice",
            "files": "the package's list",
            "count": 51,
            "mentions": 1234,
            **RATES,
            "span_f1": 0.844,
            "suppressed": 0.855,
            "p50_ms": 2.34,
            "p95_ms": 8.76,
            "statuses": {"neg": [61, 62], "look": [63, 64]},
            "kinds": {"combo": {"count": 51, "precision": 0.611, "recall": 0.622, "f1": 0.633, "whole": 47}},
        }
    ],
    "codiesp": [
        {
            "set": "development",
            "files": "all files",
            "count": 250,
            "category_f1": 0.511,
            "map": 0.522,
            "precision": 0.533,
            "recall": 0.544,
            "f1": 0.555,
            "p50_ms": 10.12,
            "p95_ms": 30.34,
        }
    ],
    "stores": [
        {
            "files": "all files",
            "codes": 106331,
            "terms": 199991,
            "build_s": 12.3,
            "open_ms": 26,
            "first_ms": 230,
            "own_mb": 132,
            "mapped_mb": 60,
        }
    ],
}


SIZES = {
    "Loaded": ["All files"],
    "Codes": ["106,331"],
    "Terms": ["199,991"],
    "Built in, s": ["12.3"],
    "Opened in, ms": ["26"],
    "First answers of both tools, ms": ["230"],
    "Memory of a process with the whole site, MB": ["132"],
    "Memory shared with other processes, MB": ["60"],
}


@pytest.fixture
def show(client, monkeypatch, tmp_path):
    """Put figures in the place of the project's, and return the rows of the page's tables."""

    def rows(measured: object) -> list[list[str]]:
        (tmp_path / "scoreboard.json").write_text(json.dumps(measured), "utf-8")
        monkeypatch.setattr(scoreboard, "FILE", tmp_path / "scoreboard.json")
        return rows_of(client.get("/scoreboard").text)

    return rows


def rows_of(html: str) -> list[list[str]]:
    """The rows of all tables as lists of texts."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in found]


def test_the_figures_of_search_are_shown_by_set_and_kind(show):
    rows = show(MEASURED)
    assert ["First blind set, all files", "40", "0.911", "0.922", "0.933"] in rows
    assert ["Patients’ words", "21", "0.711", "0.722", "0.733"] in rows
    assert ["new", "19", "0.744", "0.755", "0.766"] in rows
    assert ["All for ICD-10-CM", "33", "0.944", "0.955", "0.966"] in rows


def test_the_figures_of_detection_are_shown_by_set_and_kind(show, client):
    rows = show(MEASURED)
    assert ["Practice set, the package's list", "51", "0.833", "0.844", "0.855"] in rows
    assert ["Combination codes", "51", "0.611", "0.622", "0.633", "47"] in rows
    assert ["All", "51", "0.811", "0.822", "0.833", "47"] in rows
    assert ["Development set, all files", "250", "0.555", "0.511", "0.522"] in rows
    text = client.get("/scoreboard").text
    assert "1,234 mentions. Let alone as they should be: absent 61 of 62; look-alikes 63 of 64." in text
    assert "precision 0.533, recall 0.544." in text


def test_the_figures_of_time_and_memory_are_shown(show, client):
    rows = show(MEASURED)
    assert ["First blind set, all files", "4.6", "17.9"] in rows
    assert ["Practice set, the package's list", "2.3", "8.8"] in rows
    assert ["Development set, all files", "10.1", "30.3"] in rows
    assert {row[0]: row[1:] for row in rows if row}.items() >= SIZES.items()
    assert "Measured on 21 November 2026 with version 9.8.7." in client.get("/scoreboard").text


def test_nothing_is_shown_that_was_not_measured(show):
    """Every figure in a table of this site is one of the file; the rest are those of the others."""
    given = json.dumps([MEASURED, [[getattr(peer, name) for name in peer.__slots__] for peer in _peers()]])
    known = {float(number) for number in re.findall(r"[\d.]+", given.replace("9.8.7", ""))}
    shown = [cell for row in show(MEASURED) for cell in row if re.fullmatch(r"[\d.,]+", cell)]
    assert len(shown) > 60
    for cell in shown:
        number = float(cell.replace(",", ""))
        assert any(abs(number - each) <= 0.0501 for each in known), cell
        assert "." not in cell or len(cell.split(".")[1]) != 3 or number in known, cell


def _peers() -> list[peers.SearchPeer | peers.DetectionPeer]:
    return [*peers.SEARCH, *peers.DETECTION]


def test_other_ways_are_shown_beside(show):
    rows = show(MEASURED)
    assert [row[1:] for row in rows if row and row[0] == "SQLite: FTS5 with Porter stems over the same"] == [
        ["–", "0.595", "0.659", "0.625"],
        ["0.6", "117.0"],
    ]
    assert [row[1:] for row in rows if row and row[0] == "TF-IDF over windows of words"] == [
        ["–", "0.236", "–", "0.147"],
        ["–", "0.092", "0.191", "0.061"],
        ["191.0", "–"],
    ]


def test_without_figures_the_page_says_so(client, monkeypatch, tmp_path):
    monkeypatch.setattr(scoreboard, "FILE", tmp_path / "none.json")
    answer = client.get("/scoreboard")
    assert answer.status_code == 200
    assert "Nothing has been measured yet." in answer.text
    assert not rows_of(answer.text)


def test_it_says_what_it_is_not_and_whose_texts_were_used(client):
    text = client.get("/scoreboard").text
    assert "These figures are not a certification." in text
    assert "Miranda-Escalada et al. 2020" in text
    assert "https://doi.org/10.5281/zenodo.3837305" in text
    assert "CC-BY 4.0" in text


def test_a_store_that_was_not_built_for_the_measurement_has_no_time(show):
    measured = MEASURED | {"stores": [MEASURED["stores"][0] | {"build_s": None}], "codiesp": []}
    rows = show(measured)
    assert ["Built in, s", "–"] in rows
    assert not [row for row in rows if row[0].startswith("Development set")]


def test_the_projects_own_figures_are_shown(client):
    if not Path(scoreboard.FILE).exists():
        pytest.skip("nothing was measured yet")
    measured = json.loads(scoreboard.FILE.read_text("utf-8"))
    rows = rows_of(client.get("/scoreboard").text)
    for part, columns in (("search", ("first", "among_five", "mrr")), ("notes", ("f1", "span_f1", "suppressed"))):
        for each in measured[part]:
            shown = [f"{each[column]:.3f}" for column in columns]
            assert [row for row in rows if row[1:5] == [str(each["count"]), *shown]], each


def test_the_tools_lead_to_it(client):
    assert 'href="/scoreboard"' in client.get("/tools/").text
    assert "/scoreboard</loc>" in client.get("/sitemaps/pages.xml").text
