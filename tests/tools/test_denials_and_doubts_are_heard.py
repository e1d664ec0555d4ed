"""Many ways to deny a finding, to doubt it, and to remember it; and words like them that do none of this."""

from __future__ import annotations

import pytest

from tests.tools.release import said
from webapp.codes.terms.store import Store

DENIALS = """
Nil chest pain.|(-) fever, (-) chills.|-ve for influenza.|She doesn't have asthma.|He hasn't had any seizures.
Fails to show pneumonia.|Chest pain - none.|Ultrasound ruled out DVT.|Cleared of pneumonia.|No longer has vertigo.
Strep throat neg.|Not currently depressed.|Never diagnosed with asthma.|Hypoglycemia: denies.|Hernia not palpable.
Fever and cough absent.|Headaches have gone.|Night sweats have stopped.|Rash has resolved.
"""
DOUBTS = """
Doubt pneumonia.|Unlikely to be appendicitis.|Rule out: appendicitis.|Being worked up for lupus.|Consider gout.
Being evaluated for sleep apnea.|Awaiting biopsy to confirm celiac disease.|Could this be shingles.|Looks like ringworm.
Favor tendinitis.|Indeterminate for lymphoma.|Thinks he has the flu.|Provisional diagnosis of lupus.
Pneumonia likely.|Pneumonia possible.|Pneumonia not ruled out.|Gout seems likely.
"""
STILL = """
Chest pain, denies dyspnea.|Gout: no flare.|Hypertension: not at goal.|Cough, no fever.|Fever but no cough.
Asthma, never hospitalized.|Migraine not controlled.|Anemia, cause not found.|No improvement in back pain.
Not only cough.|Pneumonia, negative COVID.|UTI, culture negative.|Insomnia, denies anxiety.
Cellulitis, possible abscess.
Biopsy negative for dysplasia, celiac disease confirmed.|Free of nausea since Monday, constipation is the trouble.
"""


def each(texts: str) -> list[str]:
    return [text for line in texts.strip().splitlines() for text in line.split("|")]


def present(store: Store, text: str) -> list[str]:
    return [code for code, status in said(store, text) if status == "present"]


@pytest.mark.parametrize("text", each(DENIALS))
def test_what_is_denied_is_not_present(whole: Store, text: str) -> None:
    assert said(whole, text)
    assert present(whole, text) == []


@pytest.mark.parametrize("text", each(DOUBTS))
def test_what_is_doubted_is_not_present(whole: Store, text: str) -> None:
    assert said(whole, text)
    assert present(whole, text) == []


@pytest.mark.parametrize("text", each(STILL))
def test_what_stands_beside_a_denial_is_still_there(whole: Store, text: str) -> None:
    assert len(present(whole, text)) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Status post right hip replacement.", "Z96.641"),
        ("Cholecystectomy in 2010.", "Z90.49"),
        ("Appendectomy.", "Z90.49"),
        ("Below-knee amputation on the right.", "Z89.511"),
        ("Artificial left hip.", "Z96.642"),
        ("Kidney stone history.", "Z87.442"),
        ("History of alcohol dependence.", "F10.21"),
        ("Gestational diabetes with her last child.", "Z86.32"),
    ],
)
def test_what_is_past_has_a_code_of_its_own(whole: Store, text: str, code: str) -> None:
    assert said(whole, text) == [(code, "present")]
