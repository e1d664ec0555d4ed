"""What a note says of a finding: that it is not so, of someone else, past, only possible, or not said at all."""

from __future__ import annotations

import pytest

from tests.tools.release import detect, said
from webapp.codes.terms.store import Store
from webapp.tools.detecticd10cm import context
from webapp.tools.detecticd10cm.context import Context
from webapp.tools.detecticd10cm.engine import Setting

ASTHMA, GOUT, FEVER, COUGH, APPENDICITIS = "J45.909", "M10.9", "R50.9", "R05.9", "K37"
FAMILY_ASTHMA, FAMILY_GOUT = "Z82.5", "Z82.69"


def of(text: str, what: str = "gout") -> Context:
    """The context of a word in a text of one sentence."""
    start = text.index(what)
    return context.of(text, start, start + len(what), 0, len(text), "none")


@pytest.mark.parametrize(
    "text",
    [
        "no gout",
        "No evidence of gout",
        "denies any gout",
        "denied gout",
        "without gout",
        "w/o gout",
        "negative for gout",
        "absence of gout",
        "never had gout",
        "free of gout",
        "neither gout",
        "nor gout",
        "gout was ruled out",
        "gout is denied",
        "gout: negative",
        "gout is not present",
        "gout has been excluded",
    ],
)
def test_a_finding_may_be_denied(text: str) -> None:
    assert of(text).status == "negated"


@pytest.mark.parametrize(
    "text",
    [
        "not only gout",
        "no change in gout",
        "no improvement in gout",
        "gout not controlled",
        "without relief of gout",
        "no fever but gout",
        "no fever, however gout",
        "denies fever, presents with gout",
        "no fever and has gout",
        "no asthma except gout",
        "denies fever and has gout",
        "h/o surgery for gout",
    ],
)
def test_a_denial_or_history_ends_where_the_text_turns(text: str) -> None:
    assert of(text).status == "present"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("possible gout", "uncertain"),
        ("r/o gout", "uncertain"),
        ("suspected gout", "uncertain"),
        ("concern for gout", "uncertain"),
        ("consistent with gout", "uncertain"),
        ("? gout", "uncertain"),
        ("gout is suspected", "uncertain"),
        ("gout cannot be excluded", "uncertain"),
        ("gout vs. asthma", "uncertain"),
        ("asthma vs gout", "uncertain"),
        ("if gout occurs", "hypothetical"),
        ("return for gout", "hypothetical"),
        ("at risk of gout", "hypothetical"),
        ("screening for gout", "hypothetical"),
        ("prevention of gout", "hypothetical"),
        ("educated about gout", "hypothetical"),
        ("worried about gout", "hypothetical"),
        ("gout clinic", "hypothetical"),
        ("handout about gout", "hypothetical"),
        ("history of gout", "history"),
        ("h/o gout", "history"),
        ("gout as a child", "history"),
        ("gout in 2015", "history"),
        ("gout 3 years ago", "history"),
        ("mother had gout", "family"),
        ("maternal aunt with gout", "family"),
        ("gout in his father", "family"),
        ("gout in the family", "family"),
        ("gout (mother)", "family"),
        ("family history of gout", "family"),
        ("husband has gout", "family"),
    ],
)
def test_words_before_and_after_a_finding_say_how_it_is_meant(text: str, status: str) -> None:
    assert of(text).status == status


@pytest.mark.parametrize(
    "text", ["gout", "has gout", "presents with gout", "gout today", "mother with asthma; patient has gout"]
)
def test_without_such_words_a_finding_is_present(text: str) -> None:
    assert of(text) == Context("present", text.index("gout"))


def test_a_denial_weighs_more_than_doubt_and_doubt_more_than_the_past() -> None:
    assert of("no history of gout").status == "negated"
    assert of("possible history of gout").status == "uncertain"


def test_the_cue_stands_where_the_words_begin() -> None:
    assert of("Has a history of gout").cue == len("Has a ")


@pytest.mark.parametrize(("section", "status"), [("family", "family"), ("past", "history"), ("none", "present")])
def test_a_section_says_how_its_findings_are_meant(section: str, status: str) -> None:
    assert context.of("gout", 0, 4, 0, 4, section).status == status


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Denies asthma, gout and cough.", [ASTHMA, GOUT, COUGH]),
        ("Negative for asthma, gout, and cough.", [ASTHMA, GOUT, COUGH]),
        ("No asthma, gout, or cough.", [ASTHMA, GOUT, COUGH]),
        ("No gout and no cough.", [GOUT, COUGH]),
        ("Neither gout nor cough.", [GOUT, COUGH]),
    ],
)
def test_all_of_a_list_is_denied(whole: Store, text: str, found: list[str]) -> None:
    assert said(whole, text) == [(code, "negated") for code in found]


@pytest.mark.parametrize(
    "text",
    [
        "No gout. Asthma.",
        "No gout; asthma.",
        "No gout\nAsthma",
        "No gout but asthma.",
        "No gout although she has asthma.",
        "Denies gout; reports asthma.",
        "Denies gout, presents with asthma.",
    ],
)
def test_what_comes_after_a_denial_is_present(whole: Store, text: str) -> None:
    assert said(whole, text) == [(GOUT, "negated"), (ASTHMA, "present")]


@pytest.mark.parametrize(
    "text",
    [
        "Mother had asthma.",
        "Asthma in his father.",
        "Paternal aunt has asthma.",
        "Family history: asthma.",
        "Strong family history of asthma.",
        "FH: asthma",
        "Asthma on the maternal side.",
    ],
)
def test_a_disease_of_the_family_has_a_code_of_its_own(whole: Store, text: str) -> None:
    assert said(whole, text) == [(FAMILY_ASTHMA, "present")]


def test_a_family_history_covers_its_section_and_no_more(whole: Store) -> None:
    text = "Family history:\nasthma\ngout\n\nFever"
    assert said(whole, text) == [(FAMILY_ASTHMA, "present"), (FAMILY_GOUT, "present"), (FEVER, "present")]


def test_the_family_ends_with_the_patient(whole: Store) -> None:
    assert said(whole, "Sister has asthma but he has gout.") == [(FAMILY_ASTHMA, "present"), (GOUT, "present")]


@pytest.mark.parametrize(
    "text", ["Husband has scabies.", "Her roommate had scabies.", "Neighbor with scabies.", "His dog has scabies."]
)
def test_what_others_have_is_no_history_of_the_family(whole: Store, text: str) -> None:
    assert said(whole, text) == [("B86", "family")]


def test_a_denied_family_history_is_denied(whole: Store) -> None:
    assert said(whole, "No family history of asthma.") == [(FAMILY_ASTHMA, "negated")]


@pytest.mark.parametrize(
    ("setting", "text", "status"),
    [
        ("outpatient", "Possible appendicitis.", "uncertain"),
        ("inpatient", "Possible appendicitis.", "present"),
        ("auto", "Possible appendicitis.", "uncertain"),
        ("auto", "Discharge summary. Possible appendicitis.", "present"),
        ("auto", "Patient was admitted. Possible appendicitis.", "present"),
        ("outpatient", "Patient was admitted. Possible appendicitis.", "uncertain"),
        ("inpatient", "No appendicitis.", "negated"),
        ("inpatient", "Return for appendicitis.", "hypothetical"),
    ],
)
def test_doubt_counts_as_present_for_a_stay_in_hospital(whole: Store, setting: Setting, text: str, status: str) -> None:
    assert said(whole, text, setting) == [(APPENDICITIS, status)]


def test_doubt_reaches_one_finding_of_a_list(whole: Store) -> None:
    assert said(whole, "R/o appendicitis, cough.") == [(APPENDICITIS, "uncertain"), (COUGH, "present")]


@pytest.mark.parametrize(
    "text", ["Call if cough worsens.", "At risk for cough.", "Watch for cough.", "When cough occurs."]
)
def test_what_may_come_is_hypothetical(whole: Store, text: str) -> None:
    assert said(whole, text) == [(COUGH, "hypothetical")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("History of pneumonia.", "Z87.01"),
        ("PMH: pneumonia", "Z87.01"),
        ("Pneumonia in 2015.", "Z87.01"),
        ("Pneumonia as a child.", "Z87.01"),
        ("History of breast cancer.", "Z85.3"),
        ("History of colon cancer.", "Z85.038"),
        ("History of stroke.", "Z86.73"),
        ("History of tuberculosis.", "Z86.11"),
        ("History of myocardial infarction.", "I25.2"),
        ("Status post cholecystectomy.", "Z90.49"),
        ("Has a pacemaker.", "Z95.0"),
        ("Colostomy in place.", "Z93.3"),
    ],
)
def test_what_is_past_has_the_code_of_a_history_or_state(whole: Store, text: str, code: str) -> None:
    assert said(whole, text) == [(code, "present")]


@pytest.mark.parametrize(
    ("text", "code"), [("History of hypertension.", "I10"), ("PMH: asthma", ASTHMA), ("H/o gout.", GOUT)]
)
def test_what_lasts_is_present_though_told_as_history(whole: Store, text: str, code: str) -> None:
    assert said(whole, text) == [(code, "present")]


def test_a_history_begins_where_it_is_told(whole: Store) -> None:
    text = "She has a history of pneumonia."
    found = detect(whole, text)[0]
    assert text[found.start : found.end] == "history of pneumonia"


@pytest.mark.parametrize(
    "text",
    [
        "Stroke volume is normal.",
        "Seen by the stroke unit.",
        "She swims the breast stroke.",
        "ST depression in V4.",
        "Use of a tongue depressor.",
        "Beck depression inventory.",
        "Sternal notch depression.",
        "Appendectomy tomorrow.",
        "Schedule an appendectomy.",
        "Influenza vaccine given.",
    ],
)
def test_what_only_looks_like_a_disease_is_none(whole: Store, text: str) -> None:
    assert said(whole, text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [("Stroke.", "I63.9"), ("Depression.", "F32.A"), ("Hay fever.", "J30.1"), ("Heat stroke.", "T67.01XA")],
)
def test_the_disease_itself_is_found(whole: Store, text: str, code: str) -> None:
    assert said(whole, text) == [(code, "present")]
