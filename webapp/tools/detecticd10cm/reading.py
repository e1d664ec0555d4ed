"""A note as the detector reads it: canonical words in sentences, abbreviations written out, unknown words respelt."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from webapp.codes.terms import reviewed, spelling
from webapp.codes.terms.reviewed import Line
from webapp.codes.terms.sounds import sound
from webapp.codes.terms.store import Store
from webapp.codes.terms.wordlists import listed
from webapp.codes.terms.words import SMALL, Word, spans
from webapp.tools.detecticd10cm.cues import pattern

LONGEST_TEXT = 100_000
"""Code points."""
SENTENCE_END = pattern("sentence_end")
HEADER = pattern("header")
NEGATION = pattern("negation")
NEGATION_END = pattern("negation_end")
SHORTEST_RESPELT = 6
LONGEST_SENTENCE = 150
"""Words; what runs on without a stop is read in pieces."""
LONGEST_SECTION = 2_000
"""Code points."""
LONGEST_SHORT = 4
ALLERGIES, ITEM = pattern("allergies"), re.compile(r"(?:(?!,|/|&|\band\b|\bor\b|\().)+", re.IGNORECASE)
HEADING = Line("lookalike", "allergies", "", ())
STOP = re.compile(r"[,;:.?!()]")
"""What never stands within a phrase."""
DISEASE = re.compile(r"[A-U][0-9][0-9A-Z](?:\.|$)")
"""A code that is no external cause (V to Y), factor or encounter (Z), nor of HCPCS."""
KEPT_SPELLINGS = 50_000
SELDOM, TWO, THREE = 3, 2, 3
LONG = 9
SIDE = re.compile(r"(?:right|left|bilateral|both|right (?:eye|ear)|left (?:eye|ear)|both (?:eyes|ears))", re.IGNORECASE)
ONE_SIDE = frozenset(("left", "right", "l", "r"))
LONG_TERM = frozenset(("long", "longterm", "chronic", "use"))
LASTING = (("long", "term"), ("longterm",), ("chronic",), ("lifelong",), ("daily",), ("weekly",))
TAKING = (("on",), ("take",), ("taking",), ("continue",))
TAKEN = ("Z79.01", "Z79.02", "Z79.4", "Z79.621", "Z79.82")
"""Drugs that are taken for long whenever they are taken: against clotting and rejection, for hormones, and insulin."""
STATES = listed("states")
HEADINGS = frozenset(("PE", "MS", "CV", "GI", "GU", "ID", "PV", "NS", "HA"))
"""Abbreviations that are headings before a colon."""
MIXED_LETTERS = 4
LONGEST_MIXED = 3
AMBIGUOUS = listed("ambiguous")
"""Single words that are seldom meant as a finding."""
WORDS_TOO = listed("words_too")
"""Words of the language that are abbreviations only in capitals."""
KEPT_KINDS = frozenset(("context", "drug", "item", "test"))
"""Kinds of abbreviations that stay as they are written."""
EXPANDED_KINDS = frozenset(("diagnosis", "symptom", "anatomy", "procedure"))


@dataclass(slots=True)
class Short:
    """An abbreviation found: the places of the words that were put in its place, and its line."""

    first: int
    last: int
    line: Line


@dataclass(slots=True)
class Sentence:
    """A sentence: its canonical words without the small ones, and where it stands. `section`: family, past, or none.

    `denied` are the places of words that follow a negation in the same breath, `written_out` those of abbreviations.
    """

    words: list[Word]
    start: int
    end: int
    section: str
    denied: frozenset[int]
    shorts: list[Short]
    written_out: list[range]


@dataclass(slots=True)
class Note:
    """A text and its sentences."""

    text: str
    sentences: list[Sentence]


def read(store: Store, text: str) -> Note:
    """Return a text as sentences of canonical words."""
    raw = spans(text)
    joined = f" {' '.join(word.text for word in raw)} "
    headers = [(match.start(), match.end(), match.lastgroup or "none") for match in HEADER.finditer(text)]
    bounds = sorted(
        {0, len(text), *(match.end() for match in SENTENCE_END.finditer(text)), *(at for at, _, _ in headers)}
    )
    starts = [at for at, _, _ in headers]
    sentences = []
    place = 0
    for start, end in pairwise(bounds):
        first = place
        while place < len(raw) and raw[place].start < end:
            place += 1
        for some in range(first, place, LONGEST_SENTENCE):
            part = raw[some : min(some + LONGEST_SENTENCE, place)]
            begins = start if some == first else part[0].start
            ends = end if some + LONGEST_SENTENCE >= place else part[-1].end
            words, shorts, written_out = _canonical(store, part, text, joined)
            if words:
                section = _section(headers, bisect_right(starts, words[0].start) - 1, words[0].start, text)
                denied = _denied(text, begins, ends, words)
                sentences.append(Sentence(words, begins, ends, section, denied, shorts, written_out))
    return Note(text, sentences)


def _canonical(store: Store, raw: list[Word], text: str, said: str) -> tuple[list[Word], list[Short], list[range]]:
    """Return a sentence's canonical words, abbreviations written out, and where these stand."""
    words: list[Word] = []
    shorts = []
    written_out = []
    pending: list[Word] = []

    def flush() -> None:
        words.extend(word for word in store.reader.canonical(list(_respelt(store, pending))) if word.text not in SMALL)
        pending.clear()

    at = 0
    while at < len(raw):
        line, length = _short(raw, at, text, said)
        if line is None:
            pending.append(raw[at])
            at += 1
            continue
        device = line.kind == "item" and line.codes and line.codes[0].startswith("Z9")
        if line.kind not in EXPANDED_KINDS and not device and not SIDE.fullmatch(line.meaning):
            pending += raw[at : at + length] if line.kind in KEPT_KINDS else []
            at += length
            continue
        flush()
        first, start, end = len(words), raw[at].start, raw[at + length - 1].end
        words.extend(Word(each.text, start, end) for each in store.reader.read(line.meaning) if each.text not in SMALL)
        written_out.append(range(first, len(words)))
        if line.kind in reviewed.CODED and line.codes and len(words) > first:
            shorts.append(Short(first, len(words) - 1, line))
        at += length
    flush()
    respelt = list(_respelt(store, raw, surely=True))
    shorts += _word_for_word(respelt, words, text)
    shorts += _allergies(respelt, words, text)
    shorts += _learned(store, words)
    return words, shorts, written_out


def _word_for_word(raw: list[Word], words: list[Word], text: str) -> Iterator[Short]:
    """Yield what patients say, and look-alikes: “out of it” is no finding with other words between."""
    unsided = [word for word in raw if word.text not in ONE_SIDE]
    for said in (raw, unsided) if len(unsided) < len(raw) else (raw,):  # “artificial left hip”
        for at, length, line in _found(_spoken(), said):
            start, end = said[at].start, said[at + length - 1].end
            places = [place for place, each in enumerate(words) if start <= each.start and each.end <= end]
            parts = pairwise(said[at : at + length])
            if places and not any(STOP.search(text, one.end, two.start) for one, two in parts):
                yield Short(places[0], places[-1], line)


def _allergies(raw: list[Word], words: list[Word], text: str) -> Iterator[Short]:
    """Yield what a patient is allergic to, one by one; the word before such a list is no finding itself."""
    if not raw:
        return
    for match in ALLERGIES.finditer(text, raw[0].start, raw[-1].end):
        listed = []
        for item in ITEM.finditer(text, match.start("list"), match.end("list")):
            said = tuple(word.text for word in raw if item.start() <= word.start < item.end())
            known = _spoken().get(("allergic", "to"), ()) if said else ()
            line = next((line for phrase, line in known if phrase[2:] == said[: len(phrase) - 2]), None)
            places = [place for place, word in enumerate(words) if item.start() <= word.start < item.end()]
            if line is not None and places:
                listed.append(Short(places[0], places[-1], line))
        yield from listed
        head = [place for place, word in enumerate(words) if match.start() <= word.start < match.start("list")]
        if listed and head:
            yield Short(head[0], head[-1], HEADING)


def _learned(store: Store, words: list[Word]) -> Iterator[Short]:
    """Yield the phrases of case reports."""
    for at, length, line in _found(_phrases(store), words):
        yield Short(at, at + length - 1, line)


def _found(known: Phrases, words: list[Word]) -> Iterator[tuple[int, int, Line]]:
    """Yield where phrases stand in words, at each place the longest one, and how many words they have."""
    texts = [word.text for word in words]
    for at in range(len(texts)):
        for begins in (tuple(texts[at : at + 2]), (texts[at],)):
            line = next(
                (each for each in known.get(begins, ()) if tuple(texts[at : at + len(each[0])]) == each[0]), None
            )
            if line is not None:
                yield at, len(line[0]), line[1]
                break


Phrases = dict[tuple[str, ...], list[tuple[tuple[str, ...], Line]]]
"""Phrases by their first two words, or their only one, the longest first."""


@cache
def _spoken() -> Phrases:
    """Return the lay terms of diseases and symptoms, and look-alikes, by their first words, the longest first."""
    lay = (line for line in reviewed.lay_terms() if DISEASE.match(line.codes[0]))
    said = (line for line in reviewed.statements() if word_for_word(line))
    lines = [(tuple(word.text for word in spans(line.term)), line) for line in (*reviewed.lookalikes(), *said, *lay)]
    drugs = [
        (phrase[1:], line)
        for phrase, line in lines
        if phrase[0] == "on" and line.codes[:1] and line.codes[0].startswith("Z79")
    ]
    lasting = [(said, line) for drug, line in drugs for said in _long_term(drug, line)]
    stated = [(phrase, line) for phrase, line in lines if line.table != "statement" or _states(phrase, line)]
    return _by_first((phrase, line) for phrase, line in (*stated, *lasting) if phrase and _sayable(phrase, line))


def _long_term(drug: tuple[str, ...], line: Line) -> Iterator[tuple[str, ...]]:
    """Yield the ways to say that a drug is taken for long."""
    for long in LASTING:
        yield (*long, *drug)
        yield (*drug, *long)
    if line.codes[0].startswith(TAKEN):
        for taking in TAKING:
            yield (*taking, *drug)


def word_for_word(line: Line) -> bool:
    """Whether a statement only counts as it stands: encounters and states, and what has one word that matters."""
    counted = [word for word in spans(line.term) if word.text not in SMALL]
    return line.codes[0].startswith("Z") or len(counted) == 1


def _states(phrase: tuple[str, ...], line: Line) -> bool:
    """Whether a statement tells a state: a drug is long-term only where that is said, one word only if it is such."""
    if line.codes[0].startswith("Z79"):
        return bool(LONG_TERM & set(phrase))
    return len(phrase) > 1 or not line.codes[0].startswith("Z") or phrase[0] in STATES


@lru_cache(maxsize=2)
def _phrases(store: Store) -> Phrases:
    read = store.reader.read
    lines = (
        (tuple(word.text for word in read(line.term) if word.text not in SMALL), line)
        for line in reviewed.learned()
        if line.codes != ("=",)
    )
    return _by_first(lines)


def _sayable(phrase: tuple[str, ...], line: Line) -> bool:
    """Whether a lay term or statement can be told from a word of the language, or from an abbreviation."""
    return (
        len(phrase) > 1 or line.table == "lookalike" or (len(phrase[0]) > LONGEST_MIXED and phrase[0] not in AMBIGUOUS)
    )


def _by_first(lines: Iterable[tuple[tuple[str, ...], Line]]) -> Phrases:
    found: Phrases = {}
    for phrase, line in lines:
        if phrase:
            found.setdefault(phrase[:2], []).append((phrase, line))
    return {word: sorted(phrases, key=lambda each: -len(each[0])) for word, phrases in found.items()}


def _short(raw: list[Word], at: int, text: str, said: str) -> tuple[Line | None, int]:
    """Return the abbreviation that begins at a place, in the sense that the note gives it, and its length in words."""
    known = _shorts()
    for length in range(min(_longest().get(raw[at].text, 0), len(raw) - at), 0, -1):
        lines = known.get(tuple(word.text for word in raw[at : at + length]))
        if not lines:
            continue
        end = raw[at + length - 1].end
        if text[raw[at].start : end] == "METs":  # units of exercise
            continue
        if text[end : end + 1] == ":" and text[raw[at].start : end] in HEADINGS:
            continue
        written = text[raw[at].start : end]
        fit = [line for line in lines if _as_meant(line, written, text, end)]
        for line in fit:
            if line.near and any(each in said for each in _near(line)):
                return line, length
        for line in fit:
            if not line.near:
                return line, length
    return None, 0


def _as_meant(line: Line, written: str, text: str, end: int) -> bool:
    """Whether an abbreviation is written as one: small letters may be a word of the language."""
    if not line.term[-1].isalnum() and not text.startswith(line.term[-1], end):
        return False
    if written == line.term or (written.endswith("s") and written[:-1] == line.term):
        return True
    if re.fullmatch(r"\w(?:[^\w\s]\w)+", line.term) and " " in written:  # “12 h a day” is no H/A
        return False
    mixed = line.term[:1].islower() != line.term[1:].islower() and not line.term.isupper()
    if (
        line.exact
        or (mixed and len(line.term) <= MIXED_LETTERS)
        or (len(written) <= MIXED_LETTERS and written.istitle())
    ):
        return False
    return written.lower() not in WORDS_TOO


@cache
def _near(line: Line) -> tuple[str, ...]:
    """Return the phrases of which one must stand in the note, other than the abbreviation itself."""
    own = {word.text for word in spans(line.term)}
    phrases = (tuple(word.text for word in spans(near)) for near in line.near)
    return tuple(f" {' '.join(phrase)} " for phrase in phrases if phrase and set(phrase) - own)


@cache
def _longest() -> dict[str, int]:
    """Return how many words the longest abbreviation has that begins with a word."""
    found: dict[str, int] = {}
    for key in _shorts():
        found[key[0]] = max(found.get(key[0], 0), len(key))
    return found


@cache
def _shorts() -> dict[tuple[str, ...], list[Line]]:
    """Return the abbreviations that are written out, by their words."""
    found: dict[tuple[str, ...], list[Line]] = {}
    for line in reviewed.abbreviations():
        key = tuple(word.text for word in spans(line.term))
        if line.meaning and 0 < len(key) <= LONGEST_SHORT:
            found.setdefault(key, []).append(line)
    return found


def _denied(text: str, start: int, end: int, words: list[Word]) -> frozenset[int]:
    found: set[int] = set()
    for cue in NEGATION.finditer(text, start, end):
        stop = NEGATION_END.search(text, cue.end(), end)
        until = stop.start() if stop else end
        found.update(at for at, word in enumerate(words) if cue.end() <= word.start < until)
    return frozenset(found)


def _section(headers: list[tuple[int, int, str]], last: int, start: int, text: str) -> str:
    """Return the section that a place stands in; one ends with the next header, a blank line, or its own line.

    `last` is the number of the header before the place, -1 if there is none.
    """
    if last < 0:
        return "none"
    _, after, name = headers[last]
    body = text[after : min(start, after + LONGEST_SECTION)]
    ended = "\n\n" in body or ("\n" not in body.strip() and re.search(r"[.!?]\s", body) is not None)
    return "none" if ended or start > after + LONGEST_SECTION else name


def _respelt(store: Store, words: list[Word], *, surely: bool = False) -> Iterator[Word]:
    """Yield words, and in the place of one that nobody knows the known word that is close to it.

    `surely`: only where a single letter is wrong, or the letters are the same.
    """
    for word in words:
        text = word.text
        unknown = (
            len(text) >= SHORTEST_RESPELT
            and text not in store.number
            and text not in store.reader.known
            and text not in store.others
        )
        best = _close(store, text) if unknown else ""
        if surely and best and OSA.distance(text, best) > 1 and sorted(text) != sorted(best):
            best = ""
        yield Word(best, word.start, word.end) if best else word


def _likely(text: str, spelling: str, count: int) -> bool:
    """Whether a known word is meant by an unknown one: two errors only in long words, of the same letters or sound."""
    if text.endswith(("ed", "ing")) and not spelling.endswith(("ed", "ing")):
        return False
    errors = OSA.distance(text, spelling)
    alike = sorted(text) == sorted(spelling) or sound(text) == sound(spelling)
    most = THREE if alike and len(text) >= LONG else TWO
    return count >= SELDOM and errors <= most and (errors == 1 or len(text) >= LONG or alike)


def _close(store: Store, text: str) -> str:
    kept = store.spellings.get(text)
    if kept is None:
        kept = _known(store, text)
        if not kept and not text.endswith(("ed", "ing")):
            kept = _known(store, f"{text}s")  # “shingels” is no plural
        if len(store.spellings) > KEPT_SPELLINGS:
            store.spellings.clear()
        store.spellings[text] = kept
    return kept


def _known(store: Store, text: str) -> str:
    """Return the word that is meant by one that nobody knows, empty if none surely is."""
    choices = [store.words[at] for at, _ in spelling.respelt(store, text, first=True)[:1]]
    choices += [word for word in (spelling.written(store, text, frozenset()),) if word and len(word) <= len(text) + 2]
    best = min(choices, key=lambda word: OSA.distance(text, word), default="")
    count = int(store.word_count[store.number[best]]) if best in store.number else SELDOM
    return best if best and _likely(text, best, count) else ""
