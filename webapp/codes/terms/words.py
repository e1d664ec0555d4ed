"""Words of texts and of terms, made the same way for both: one case, no accents, one spelling, singular.

A word keeps its place in the text, so that a finding can say where it stands. Lengths and places are in code points.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from webapp.codes.terms.wordlists import listed

LONGEST_WORD = 40
WORD = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+(?:['’][^\W\d_]{1,2}\b)?")
POSSESSIVE = re.compile(r"['’](?!t$).*$")
PREFIXES = frozenset(
    [
        "ante",
        "anti",
        "arterio",
        "auto",
        "bi",
        "bio",
        "brady",
        "broncho",
        "cardio",
        "cerebro",
        "co",
        "cranio",
        "dys",
        "endo",
        "entero",
        "epi",
        "extra",
        "gastro",
        "hemi",
        "hepato",
        "hetero",
        "hydro",
        "hyper",
        "hypo",
        "immuno",
        "infra",
        "inter",
        "intra",
        "iso",
        "ketos",
        "leuko",
        "lympho",
        "macro",
        "mal",
        "meningo",
        "micro",
        "mono",
        "multi",
        "musculo",
        "myelo",
        "myo",
        "naso",
        "neo",
        "nephro",
        "neuro",
        "non",
        "noso",
        "oculo",
        "oro",
        "osteo",
        "oto",
        "pan",
        "para",
        "peri",
        "pneumo",
        "poly",
        "post",
        "pre",
        "pseudo",
        "psycho",
        "pyelo",
        "quadri",
        "radio",
        "retro",
        "rhino",
        "sacro",
        "semi",
        "spondylo",
        "sterno",
        "sub",
        "supra",
        "tachy",
        "temporo",
        "thoraco",
        "thrombo",
        "trans",
        "tri",
        "ultra",
        "uni",
        "uretero",
        "utero",
        "vaso",
        "vesico",
    ]
)
"""Beginnings of words that are written on their own, with a hyphen, or joined: always read as joined."""
SPELLINGS = tuple(
    (re.compile(pattern), spelling)
    for pattern, spelling in (
        ("haem", "hem"),
        ("aemi", "emi"),
        ("oedem", "edem"),
        ("oesoph", "esoph"),
        ("oestr", "estr"),
        ("rrhoea", "rrhea"),
        ("paed", "ped"),
        ("gynaec", "gynec"),
        ("caec", "cec"),
        ("faec", "fec"),
        ("anaesth", "anesth"),
        ("orthopaed", "orthoped"),
        ("foet", "fet"),
        ("coeli", "celi"),
        ("dyspnoea", "dyspnea"),
        ("apnoea", "apnea"),
        ("pnoea", "pnea"),
        ("tumour", "tumor"),
        ("isation$", "ization"),
        ("ising$", "izing"),
        ("ised$", "ized"),
        ("behaviour", "behavior"),
        ("labour", "labor"),
        ("colour", "color"),
        ("sulph", "sulf"),
    )
)
"""British spellings and the American ones of the classification."""
ROMAN = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "1st": "first",
    "2nd": "second",
    "3rd": "third",
    "4th": "fourth",
    "5th": "fifth",
}
KEEP_S = ("ss", "us", "is", "as", "os", "ops")
SINGULAR = listed("singular")
"""Words that end as a plural and are none."""
SMALL = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "be",
        "been",
        "by",
        "for",
        "from",
        "has",
        "have",
        "having",
        "her",
        "his",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "this",
        "to",
        "was",
        "were",
        "which",
        "who",
        "with",
        "within",
        "due",
    ]
)
"""Words that carry no meaning of their own, in texts and in terms."""


class Word(NamedTuple):
    """A word of a text: its normal form, and where it stands (the end is exclusive)."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=50_000)
def normal(word: str) -> str:
    """Return the normal form of one written word: “Tumours” gives tumor."""
    if len(word) > 2 and word[-1] == "s" and word[:-1].isupper():  # “UTIs”
        word = word[:-1]
    word = POSSESSIVE.sub("", word).replace("'", "").replace("’", "")
    if not word.isascii():
        word = "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))
    word = word.casefold()[:LONGEST_WORD]
    if word in ROMAN:
        return ROMAN[word]
    if len(word) > 4:
        for pattern, spelling in SPELLINGS:
            word = pattern.sub(spelling, word)
    return _singular(word)


def _singular(word: str) -> str:
    if len(word) > 6 and word.endswith(("ias", "omas", "emas")):
        return word[:-1]
    if len(word) < 4 or word[-1] != "s" or word.endswith(KEEP_S) or word in SINGULAR:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ases") and len(word) > 6 and not word.endswith(("diseases", "eases", "phases", "bases", "cases")):
        return word[:-2] + "is"
    if word.endswith(("oses", "eses")) and len(word) > 6:
        return word[:-2] + "is"
    if word.endswith(("xes", "ches", "shes", "sses", "uses")) and len(word) > 4:
        return word[:-2]
    return word[:-1]


def spans(text: str) -> list[Word]:
    """Return a text's words with their places; a beginning such as “non-” is joined with its word."""
    found: list[Word] = []
    prefix: Word | None = None
    for match in WORD.finditer(text):
        word = Word(normal(match[0]), match.start(), match.end())
        if not word.text:
            continue
        if prefix is not None and text[prefix.end : word.start] in {"-", " ", "‑", "–"}:
            found[-1] = word = Word(prefix.text + word.text, prefix.start, word.end)
        else:
            found.append(word)
        told = len(found) > 1 and found[-2].text == "status"  # “status post appendectomy”
        prefix = word if word.text in PREFIXES and not told else None
    return found


def words(text: str) -> list[str]:
    """Return a text's words: “Charcôt's non-union” gives charcot, nonunion."""
    return [word.text for word in spans(text)]
