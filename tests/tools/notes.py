"""What tests of DetectICD10CM stand on: a small list of real codes in the publisher's layout, and sites with it."""

from __future__ import annotations

import shutil
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.codes.tool_pages import token_of
from webapp.codes.datasets import loading
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import SourceFile
from webapp.codes.terms import keeping
from webapp.extensions import transaction

PAGE = "/tools/detecticd10cm"
BATCH = f"{PAGE}/batch"
NOTE = "Type 1 diabetes mellitus.\n  Essential hypertension <b>&amp;</b>\n\nDenies chest pain. Possible pneumonia.\n"
CONFLICT = "Type 1 diabetes mellitus. Type 2 diabetes mellitus with diabetic polyneuropathy. Long term use of insulin."

CODES: dict[str, tuple[str, dict[str, str]]] = {
    "E10": ("Type 1 diabetes mellitus", {"E10.9": "Type 1 diabetes mellitus without complications"}),
    "E11": (
        "Type 2 diabetes mellitus",
        {
            "E11.42": "Type 2 diabetes mellitus with diabetic polyneuropathy",
            "E11.9": "Type 2 diabetes mellitus without complications",
        },
    ),
    "I10": ("Essential (primary) hypertension", {}),
    "J18": ("Pneumonia, unspecified organism", {"J18.9": "Pneumonia, unspecified organism"}),
    "J45": ("Asthma", {"J45.909": "Unspecified asthma, uncomplicated"}),
    "K21": (
        "Gastro-esophageal reflux disease",
        {"K21.9": "Gastro-esophageal reflux disease without esophagitis"},
    ),
    "M17": (
        "Osteoarthritis of knee",
        {
            "M17.11": "Unilateral primary osteoarthritis, right knee",
            "M17.12": "Unilateral primary osteoarthritis, left knee",
            "M17.9": "Osteoarthritis of knee, unspecified",
        },
    ),
    "R07": ("Pain in throat and chest", {"R07.9": "Chest pain, unspecified"}),
    "R50": ("Fever of other and unknown origin", {"R50.9": "Fever, unspecified"}),
    "Z79": ("Long term (current) drug therapy", {"Z79.4": "Long term (current) use of insulin"}),
}
NOTES = {
    "E10": "<excludes1><note>type 2 diabetes mellitus (E11.-)</note></excludes1>",
    "E11": "<useAdditionalCode><note>code to identify control using:</note><note>insulin (Z79.4)</note>"
    "</useAdditionalCode>",
    "J18": "<codeFirst><note>associated influenza, if applicable (J09.X1)</note></codeFirst>",
}


def _diag(name: str, title: str, inner: str = "") -> str:
    return f"<diag><name>{name}</name><desc>{title}</desc>{inner}</diag>"


def tabular() -> SourceFile:
    """The list as a file."""
    diags = "".join(
        _diag(name, title, NOTES.get(name, "") + "".join(_diag(*child) for child in children.items()))
        for name, (title, children) in CODES.items()
    )
    text = (
        '<?xml version="1.0" encoding="utf-8"?><ICD10CM.tabular><version>2027</version><introduction><introSection '
        'type="title"><title>A short list</title></introSection></introduction><chapter><name>1</name>'
        f'<desc>Diseases (A00-Z99)</desc><section id="A00-Z99"><desc>Diseases (A00-Z99)</desc>{diags}</section>'
        "</chapter></ICD10CM.tabular>"
    )
    return SourceFile("icd10cm-tabular-2027.xml", text.encode())


def fill(app: Flask) -> None:
    """Load the list into an application's database, and build the term store."""
    with app.app_context():
        with transaction():
            loading.load(tabular(), icd10cm.read(tabular(), Given()))
        keeping.keep()


def copy(made: Path, data: Path) -> None:
    """Give a site's data folder the database and the store of another one, which is closed."""
    data.mkdir(exist_ok=True)
    shutil.copy(made / "codeshelf.db", data / "codeshelf.db")
    shutil.copytree(made / keeping.FOLDER, data / keeping.FOLDER)


def send(client: FlaskClient, text: str = NOTE, **fields: str | list[str]) -> TestResponse:
    """Send a note as the form does."""
    return client.post(PAGE, data={"csrf_token": token_of(client.get(PAGE)), "text": text, **fields})
