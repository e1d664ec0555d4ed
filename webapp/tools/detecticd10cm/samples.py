"""Notes to try the tool on: made up for this site, and about nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """A made-up note."""

    name: str
    text: str


CLINIC = """\
Follow-up visit, internal medicine

Subjective: Comes for a check of type 2 diabetes with diabetic neuropathy of both feet and takes insulin every \
evening. Blood pressure at home is around 128/76. Denies chest pain, shortness of breath and leg swelling. Sleeps \
poorly when the heartburn is bad.

Past medical history: colon cancer, removed in 2015, no recurrence. Former smoker.
Family history: mother had breast cancer.

Assessment and plan:
1. Type 2 diabetes mellitus with diabetic polyneuropathy, on long-term insulin. HbA1c 7.4 %.
2. Essential hypertension, at goal. Same tablets.
3. Possible gastroesophageal reflux. Try a tablet in the morning, and look again in six weeks.
4. Osteoarthritis of the right knee. Exercise first.
Return sooner if fever or vomiting develops.
"""
EMERGENCY = """\
Emergency department

CC: cough and fever for four days.
HPI: COPD, two inhalers. Now more short of breath than usual, with green sputum. No hemoptysis. Fell on the stairs \
yesterday and hurt the left wrist.
Exam: crackles at the right base. Left wrist swollen, no open wound.
Chest x-ray: infiltrate of the right lower lobe. No pleural effusion. Wrist x-ray: no fracture.
ED course: started on antibiotics and steroids. CT done to rule out pulmonary embolism, which was excluded.

Impression:
- Community acquired pneumonia
- COPD with acute exacerbation
- Sprain of left wrist, initial encounter
- Dehydration
"""
PRIMARY = """\
Well-child visit, 7 years

Mother is worried about asthma because his older brother has it. No wheezing heard, no night cough. Eczema on both \
elbows, itching in the evening. Seasonal allergic rhinitis since last spring. Ear pain last week, gone by itself.

Exam: BMI at the 96th percentile. Tympanic membranes normal. Dry red patches in the elbow creases.

Plan: 1. Atopic dermatitis: moisturizer and a mild steroid cream. 2. Allergic rhinitis: spray in the season. \
3. Childhood obesity: food diary, dietitian. 4. If wheezing starts, come back for a breathing test.
"""
SAMPLES = {
    "clinic": Sample("Clinic follow-up", CLINIC),
    "emergency": Sample("Emergency visit", EMERGENCY),
    "child": Sample("Well-child visit", PRIMARY),
}
"""By the value of the button that chooses one."""
