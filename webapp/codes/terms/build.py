"""Builds the term store: sorted arrays in files of one folder, which any process maps and none has to load.

A folder is written whole under a name of its own, and then becomes the one that `current` names.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from webapp.codes.terms.gather import OPEN, CodeRow, TermRow
from webapp.codes.terms.sounds import sound
from webapp.codes.terms.vocabulary import Reader
from webapp.codes.terms.wordlists import listed
from webapp.codes.terms.words import SMALL, words

FORMAT = 5
NEEDED, LIGHT, VAGUE, OPTIONAL, SIDE = 0, 1, 2, 3, 4
"""How much a term's word is needed. A text must say the first two; a light one tells little. Vague ones say only that
nothing more is known, optional ones change nothing. A side counts; texts are looked through for it apart from the term.
"""
SIDES = frozenset(("left", "right", "bilateral", "unilateral"))
LITTLE = listed("little")
UNSAID = listed("unsaid")
SOURCES = (
    *("title", "inclusion term", "index", "external cause index", "table of neoplasms", "table of drugs", "article"),
    *("abbreviation", "lay", "statement", "procedure"),
)
SPARED = frozenset(("current", "type"))
"""Little words that a text may leave out of a term that says enough without them."""
COMPLICATED = listed("complicated")
"""Words of the titles of complications that nobody says."""
FEW = 3
WITHOUT = re.compile(
    r"\b(?:without|w/o|no|not|denies)\b ((?:(?:loss|mention|evidence) of )?[^,;]*?)"
    r"(?= of | in | on | at | with | without | no |[,;]|$)",
    re.IGNORECASE,
)
ABSENT = "~"
"""Stands before a word that a term says is absent: it is another word than the one itself."""
PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
DEFAULT = 1
"""The mark of a term: a main term's own code."""


def words_of(reader: Reader, row: TermRow) -> tuple[list[str], list[int]]:
    """Return a term's distinct words and how much each is needed."""
    needed = _levels(reader, row, spare=True)
    if sum(level == NEEDED for level in needed.values()) < FEW:
        needed = _levels(reader, row, spare=False)
    if SIDE in needed.values() and not any(level <= LIGHT for level in needed.values()):
        return [], []
    return list(needed), list(needed.values())


def _levels(reader: Reader, row: TermRow, *, spare: bool) -> dict[str, int]:
    """Return a term's words with their levels. `spare`: there are enough others that some need not be said."""
    needed: dict[str, int] = {}
    plain = row.source in {"title", "inclusion term"}
    main, absent = parted(row.words)
    optional = " ".join([row.optional, *(PARENTHESES.findall(main) if plain else ())])
    main = PARENTHESES.sub(" ", main) if plain else main
    for word in reader.read(absent):
        if word.text not in SMALL:
            needed[ABSENT + word.text] = VAGUE
    for text, least in ((main, NEEDED), (optional, OPTIONAL)):
        for word in reader.read(text):
            if word.text not in SMALL:
                bone = spare and word.text == "bone" and row.code.startswith("S")
                complicated = spare and row.code.startswith("T8") and row.source == "title"
                unsaid = word.text in UNSAID or bone or (spare and word.text in SPARED)
                unsaid = unsaid or (complicated and word.text in COMPLICATED)
                unsaid = unsaid or (word.text == "personal" and "history" in needed)
                needed.setdefault(word.text, max(least, _level(word.text, unsaid=unsaid)))
    return needed


def _level(word: str, *, unsaid: bool) -> int:
    if word in SIDES:
        return SIDE
    if unsaid:
        return VAGUE
    return LIGHT if word in LITTLE else NEEDED


def parted(title: str) -> tuple[str, str]:
    """Return a text without what it says is absent, and that: what follows “without” or “no” in the same breath."""
    absent = WITHOUT.findall(title)
    return WITHOUT.sub(" ", title), " ".join(absent)


@dataclass
class _Texts:
    """Strings one after another, each once."""

    data: bytearray = field(default_factory=bytearray)
    known: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, text: str) -> tuple[int, int]:
        """Return where a string stands: its first byte, and how many there are."""
        place = self.known.get(text)
        if place is None:
            encoded = text.encode()
            place = self.known[text] = (len(self.data), len(encoded))
            self.data += encoded
        return place


def write(
    folder: Path,
    codes: Iterable[CodeRow],
    terms: Callable[[], Iterable[TermRow]],
    forms: dict[str, str],
    stamp: str = "",
    ends: tuple[int, ...] = (OPEN, OPEN, OPEN),
) -> None:
    """Write a store below `folder`, and let it be the current one. Terms of codes that are unknown are left out.

    `stamp` is what it was built from, kept beside it; `ends` are the last days of the systems' current releases.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="store-", dir=folder))
    try:
        _write(made, sorted(codes, key=lambda row: (row.system, row.plain, row.first)), terms, forms)
        (made / "stamp").write_text(stamp)
        np.save(made / "ends.npy", np.array(ends, np.int32))
        pointer = folder / "current.new"
        pointer.write_text(made.name)
        pointer.replace(folder / "current")
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    for other in folder.glob("store-*"):
        if other != made:
            shutil.rmtree(other, ignore_errors=True)


def _write(made: Path, codes: list[CodeRow], terms: Callable[[], Iterable[TermRow]], forms: dict[str, str]) -> None:
    texts, reader = _Texts(), Reader(forms)
    rows: dict[tuple[int, str], list[int]] = defaultdict(list)
    for at, code in enumerate(codes):
        rows[code.system, code.plain].append(at)
    _codes(made, codes, rows, texts)
    table = _Terms(texts)
    for at, code in enumerate(codes):
        if not code.stem:
            title = TermRow(code.system, code.plain, "title", code.title, "", code.title)
            table.add(at, title, *words_of(reader, title))
    for term in terms():
        owners = rows.get((term.system, term.code), ())
        needed = words_of(reader, term) if owners else ([], [])
        for at in owners:
            if codes[at].first <= term.last and codes[at].last >= term.first and not codes[at].stem:
                table.add(at, term, *needed)
            elif codes[at].stem:  # a table names a variant: it is found by its stem
                stem = rows[codes[at].system, codes[at].stem][-1]
                table.add(stem, term, *needed)
    (made / "others").write_text("\n".join(sorted(_others(codes, table))))
    table.write(made, [[word.text for word in reader.read(code.title)] for code in codes])
    _forms(made, forms)
    (made / "texts").write_bytes(texts.data)
    np.save(made / "format.npy", np.array([FORMAT], np.int32))


def _others(codes: list[CodeRow], table: _Terms) -> set[str]:
    """Return the words of titles that stand in no term, as those of seventh characters: they are no slips either."""
    return {word for code in codes if code.stem for word in words(code.title)} - table.known


def _codes(made: Path, codes: list[CodeRow], rows: dict[tuple[int, str], list[int]], texts: _Texts) -> None:
    save = _Saver(made)
    save("code_plain", np.array([f"{code.system}{code.plain}".encode() for code in codes], dtype="S10"))
    save("code_key", np.array([texts.add(code.key) for code in codes], np.int32).reshape(-1, 2))
    save("code_title", np.array([texts.add(code.title) for code in codes], np.int32).reshape(-1, 2))
    save("code_billable", np.array([code.billable for code in codes], np.bool_))
    save("code_days", np.array([(code.first, code.last) for code in codes], np.int32).reshape(-1, 2))
    stems = [rows[code.system, code.stem][-1] if code.stem and rows[code.system, code.stem] else -1 for code in codes]
    save("code_stem", np.array(stems, np.int32))


def _forms(made: Path, forms: dict[str, str]) -> None:
    (made / "forms").write_text("".join(f"{form} {read_as}\n" for form, read_as in sorted(forms.items())))


class _Saver:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, values: npt.NDArray[np.generic]) -> None:
        np.save(self._folder / f"{name}.npy", values)


class _Terms:
    """Terms as they are gathered, and the arrays made of them."""

    def __init__(self, texts: _Texts) -> None:
        self._texts = texts
        self._seen: set[tuple[int, tuple[str, ...], str]] = set()
        self._numbers: dict[str, int] = {}
        self.code, self.source, self.mark = array("i"), array("B"), array("B")
        self.phrase = array("i")
        self.words, self.level, self.start = array("i"), array("B"), array("i", [0])

    @property
    def known(self) -> set[str]:
        """The words of all terms."""
        return set(self._numbers)

    def add(self, code: int, term: TermRow, words: list[str], levels: list[int]) -> None:
        """Add a term, once for each code, set of words and source."""
        key = (code, tuple(sorted(words)), term.source if term.source != "title" else "")
        if not words or key in self._seen:
            return
        self._seen.add(key)
        numbers = [self._numbers.setdefault(word, len(self._numbers)) for word in words]
        self.words.extend(numbers)
        self.level.extend(levels)
        self.start.append(len(self.words))
        self.code.append(code)
        self.source.append(SOURCES.index(term.source))
        self.mark.append(DEFAULT * term.default)
        self.phrase.extend(self._texts.add(term.phrase or term.words))

    def write(self, made: Path, titles: list[list[str]]) -> None:
        """Number the words in their order, and write everything. `titles` are the words of the codes' titles."""
        save = _Saver(made)
        ordered = sorted(self._numbers)
        to_new = np.zeros(len(ordered), np.int32)
        for new, word in enumerate(ordered):
            to_new[self._numbers[word]] = new
        named = [
            [to_new[self._numbers[word]] for word in dict.fromkeys(title) if word in self._numbers] for title in titles
        ]
        save("title_words", np.array([word for title in named for word in title], np.int32))
        save("title_start", np.concatenate([[0], np.cumsum([len(title) for title in named])]).astype(np.int32))
        words = to_new[np.frombuffer(self.words, np.int32)] if self.words else np.zeros(0, np.int32)
        starts = np.frombuffer(self.start, np.int32)
        levels = np.frombuffer(self.level, np.uint8)
        (made / "words").write_text("\n".join(ordered))
        (made / "sounds").write_text("\n".join(sound(word) for word in ordered))
        for name, values, shape in (
            ("term_code", np.frombuffer(self.code, np.int32), (-1,)),
            ("term_source", np.frombuffer(self.source, np.uint8), (-1,)),
            ("term_mark", np.frombuffer(self.mark, np.uint8), (-1,)),
            ("term_phrase", np.frombuffer(self.phrase, np.int32), (-1, 2)),
            ("term_words", words, (-1,)),
            ("term_levels", levels, (-1,)),
            ("term_start", starts, (-1,)),
        ):
            save(name, values.reshape(shape))
        owner = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
        order = np.argsort(words, kind="stable")
        save("posting_terms", owner[order])
        save("posting_levels", levels[order])
        counts = np.bincount(words, minlength=len(ordered))
        save("posting_start", np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
        save("word_count", counts.astype(np.int32))
        _anchors(save, starts, words, levels, counts)


def _anchors(
    save: _Saver,
    starts: npt.NDArray[np.int32],
    words: npt.NDArray[np.int32],
    levels: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int64],
) -> None:
    """Write by which pair of words a text finds each term: its two rarest needed words (the only one twice)."""
    keys = np.full(len(starts) - 1, -1, np.int64)
    plain_words, plain_levels, common = words.tolist(), levels.tolist(), counts.tolist()
    for term, (first, last) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)):
        needed = sorted(
            {plain_words[at] for at in range(first, last) if plain_levels[at] <= LIGHT}, key=common.__getitem__
        )
        if needed:
            one, two = sorted((needed[0], needed[min(1, len(needed) - 1)]))
            keys[term] = (one << 32) | two
    order = np.argsort(keys, kind="stable")
    order = order[np.searchsorted(keys[order], 0) :]
    save("anchor_key", keys[order])
    save("anchor_term", order.astype(np.int32))
