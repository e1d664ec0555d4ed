"""Names that hold the word of a disease: of places, firms, products, bands. “Asthma & Allergy Center” is no asthma."""

from __future__ import annotations

import re

from webapp.codes.terms.store import Store
from webapp.codes.terms.wordlists import listed
from webapp.codes.terms.words import normal

NAMED = listed("named")
"""Words that follow, or begin, names of things."""
PLACE = re.compile(r",\s*[A-Z]{2}\b")
TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Miss|Prof|Nurse|Coach)\.?\s$")
WHERE = re.compile(r"\b(?:in|from|near|to)\s(?:(?:Old|New|East|West|North|South|Mount|Port|Lake|Fort|Saint|St\.?)\s)?$")
CAPITAL = re.compile(r"[A-Z][a-z]+")
BEFORE = re.compile(r"([A-Za-z'’]+)(?:\s*&\s*|\s+)$")
AFTER = re.compile(r"^(?:[\s-]|\s*&\s*)+([A-Za-z'’]+)(?:[\s-]+([A-Za-z'’]+))?")
BEGINS = re.compile(r"(?:^|[.!?:;\n]\s*|^\s*[-•]\s*)$")


def is_name(store: Store, text: str, start: int, end: int) -> bool:
    """Whether a finding is written as part of a name: in capitals, beside a word of a name."""
    written = text[start:end]
    if not CAPITAL.match(written) or (written.isupper() and len(written) > 1):
        return False
    if TITLE.search(text[max(0, start - 8) : start]):
        return True
    if (
        WHERE.search(text[max(0, start - 14) : start])
        and written.isalpha()
        and not text[end : end + 2].strip().isalpha()
    ):
        return True
    before, after = BEFORE.search(text[max(0, start - 40) : start]), AFTER.match(text[end : end + 40])
    following = [word for word in after.groups() if word] if after else []
    if any(word.lower() in NAMED and (not at or word[0].isupper()) for at, word in enumerate(following)):
        return True
    if BEGINS.search(text[max(0, start - 3) : start]):
        return False
    if PLACE.match(text[end:]) or (text[end : end + 1] == "-" and text[end + 1 : end + 2].isupper()):
        return True
    beside = [each for each in (before[1] if before else "", following[0] if following else "") if each]
    return any(CAPITAL.fullmatch(word) and not _medical(store, word) for word in beside) and not _begins(
        text, start, before
    )


def _begins(text: str, start: int, before: re.Match[str] | None) -> bool:
    """Whether the word before is in capitals because a sentence begins with it."""
    if before is None:
        return False
    at = start - len(before[0])
    return BEGINS.search(text[max(0, at - 3) : at]) is not None


def _medical(store: Store, word: str) -> bool:
    """Whether a word is one of the classification's."""
    return normal(word) in store.number or normal(word) in store.reader.known
