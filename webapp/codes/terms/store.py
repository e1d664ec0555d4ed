"""The term store, opened: arrays mapped from files, shared by all processes of a machine."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt

from webapp.codes.listing import plain
from webapp.codes.terms.build import FORMAT, SOURCES
from webapp.codes.terms.vocabulary import Reader

LEVEL_WEIGHT = np.array([1.0, 0.25, 0.2, 0.0, 1.0], np.float32)
"""How much a term's words count by how much they are needed."""
Ints = npt.NDArray[np.int32]


class NoStore(Exception):
    """There is no term store yet, or it was made by another version."""


class Store:
    """One store. Codes are rows in the order of (system, code, first day); terms and words are numbers."""

    def __init__(self, folder: Path) -> None:
        def mapped(name: str) -> npt.NDArray[np.generic]:
            found: npt.NDArray[np.generic] = np.load(folder / f"{name}.npy", mmap_mode="r")
            return found

        if int(np.load(folder / "format.npy")[0]) != FORMAT:
            raise NoStore
        self.name = folder.name
        self.ends: tuple[int, ...] = tuple(np.load(folder / "ends.npy").tolist())
        """The last days of the systems' current releases."""
        self._texts = (
            (folder / "texts").read_bytes()
            if not (folder / "texts").stat().st_size
            else np.memmap(folder / "texts", mode="r")
        )
        self._alike: dict[tuple[int, str], tuple[list[str], list[int]]] = {}
        self.spellings: dict[str, str] = {}
        self.words = (folder / "words").read_text(encoding="utf-8").split("\n")
        self.sounds: dict[str, list[int]] = {}
        for at, spoken in enumerate((folder / "sounds").read_text(encoding="utf-8").split("\n")):
            if len(spoken) > 1:
                self.sounds.setdefault(spoken, []).append(at)
        self.others = frozenset((folder / "others").read_text(encoding="utf-8").split("\n"))
        """Words of titles that stand in no term."""
        self.number = {word: at for at, word in enumerate(self.words)}
        written = (folder / "forms").read_text(encoding="utf-8").splitlines()
        self.reader = Reader(dict(line.split() for line in written))
        for name in (
            *(
                "code_plain",
                "code_key",
                "code_title",
                "code_billable",
                "code_days",
                "code_stem",
                "word_count",
                "title_words",
                "title_start",
            ),
            *("term_code", "term_source", "term_mark", "term_phrase", "term_words", "term_levels"),
            *("term_start", "posting_terms", "posting_levels", "posting_start", "anchor_key", "anchor_term"),
        ):
            setattr(self, name, np.asarray(mapped(name)))
        terms = max(len(self.term_code), 1)
        self.weight = np.log(1 + terms / (1 + self.word_count)).astype(np.float32)
        self.rarest = log(1 + terms)
        said = self.weight[self.term_words] * LEVEL_WEIGHT[self.term_levels]
        whole = np.add.reduceat(said, self.term_start[:-1]) if len(said) else said
        self.length = np.maximum(whole, 0.01).astype(np.float32)

    code_plain: npt.NDArray[np.bytes_]
    code_key: Ints
    code_title: Ints
    code_billable: npt.NDArray[np.bool_]
    code_days: Ints
    code_stem: Ints
    word_count: Ints
    title_words: Ints
    title_start: Ints
    term_code: Ints
    term_source: npt.NDArray[np.uint8]
    term_mark: npt.NDArray[np.uint8]
    term_phrase: Ints
    term_words: Ints
    term_levels: npt.NDArray[np.uint8]
    term_start: Ints
    posting_terms: Ints
    posting_levels: npt.NDArray[np.uint8]
    posting_start: Ints
    length: npt.NDArray[np.float32]
    """Of each term: the sum of its words' weights."""
    anchor_key: npt.NDArray[np.int64]
    anchor_term: Ints

    def _text(self, place: Ints) -> str:
        start, length = place.tolist()
        return bytes(self._texts[start : start + length]).decode()

    def key(self, row: int) -> str:
        """Return a code as it is written."""
        return self._text(self.code_key[row])

    def title(self, row: int) -> str:
        """Return a code's title."""
        return self._text(self.code_title[row])

    def phrase(self, term: int) -> str:
        """Return what is shown of a term."""
        return self._text(self.term_phrase[term])

    def source(self, term: int) -> str:
        """Return where a term is from."""
        return SOURCES[self.term_source[term]]

    def plain(self, row: int) -> str:
        """Return a code without its dot."""
        return bytes(self.code_plain[row])[1:].decode()

    def system(self, row: int) -> int:
        """Return 0 for ICD-10-CM, 1 for HCPCS Level II."""
        return bytes(self.code_plain[row])[0] - ord("0")

    def terms_with(self, word: int) -> Ints:
        """Return the terms that have a word."""
        return self.posting_terms[self.posting_start[word] : self.posting_start[word + 1]]

    def words_of(self, term: int) -> tuple[list[int], list[int]]:
        """Return a term's words and how much each is needed."""
        first, last = self.term_start[term], self.term_start[term + 1]
        return self.term_words[first:last].tolist(), self.term_levels[first:last].tolist()

    def title_of(self, row: int) -> list[int]:
        """Return the numbers of the words of a code's title."""
        numbers: list[int] = self.title_words[self.title_start[row] : self.title_start[row + 1]].tolist()
        return numbers

    def beginning(self, prefix: str) -> range:
        """Return the numbers of the words that begin so."""
        first = bisect_left(self.words, prefix)
        return range(first, bisect_left(self.words, prefix + "\U0010ffff", first))

    def rows(self, system: int, plain: str, *, below: bool = False) -> range:
        """Return the rows of a code, or of all codes that begin so."""
        sought = f"{system}{plain}".encode()
        first = int(np.searchsorted(self.code_plain, sought))
        last = int(np.searchsorted(self.code_plain, sought + (b"\x7f" if below else b"\x00"), side="right"))
        return range(first, max(first, last))

    def row_on(self, code: str, day: int) -> int | None:
        """Return the row of an ICD-10-CM code, dotted or plain, that holds on a day (an ordinal)."""
        return next((row for row in self.rows(0, plain(code)) if self.in_force(row, day)), None)

    def in_force(self, row: int, day: int) -> bool:
        """Whether a version holds on a day (an ordinal)."""
        first, last = self.code_days[row].tolist()
        return bool(first <= day <= last)

    def alike(self, length: int, first: str = "") -> tuple[list[str], list[int]]:
        """Return the words of a length (that begin with a letter, if one is given), and their numbers.

        Words that are read as another one count as that one.
        """
        if not self._alike:
            for word, number in (*self.number.items(), *self._read_as()):
                for key in ((len(word), ""), (len(word), word[:1])):
                    words, numbers = self._alike.setdefault(key, ([], []))
                    words.append(word)
                    numbers.append(number)
        return self._alike.get((length, first), ([], []))

    def _read_as(self) -> Iterator[tuple[str, int]]:
        """Yield the words that are read as a single other one, with its number."""
        for word in self.reader.written:
            read = [each.text for each in self.reader.read(word)]
            if len(read) == 1 and read[0] in self.number and word not in self.number:
                yield word, self.number[read[0]]


class Stores:
    """The current store of a folder; opened anew once another one took its place."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._lock, self._opened = folder, threading.Lock(), None

    _opened: Store | None

    def current(self) -> Store:
        """Return the store that readers see. Errors: NoStore."""
        for _ in range(3):  # a store may go between reading its name and opening it
            try:
                name = (self.folder / "current").read_text().strip()
                opened = self._opened
                if opened is not None and opened.name == name:
                    return opened
                with self._lock:
                    if self._opened is None or self._opened.name != name:
                        self._opened = Store(self.folder / name)
                    return self._opened
            except FileNotFoundError:
                continue
        raise NoStore
