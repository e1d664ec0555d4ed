"""Words that mean the same are read as one: reviewed equivalents, and the forms that the Index gives a main term."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.codes.terms.reviewed import equivalents
from webapp.codes.terms.words import Word, normal, spans

LONGEST_PHRASE = 4


class Reader:
    """Turns texts into canonical words. `forms`: single words and the ones they are read as."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._phrases = {
            tuple(word.text for word in spans(" ".join(phrase))): tuple(normal(word) for word in read_as)
            for phrase, read_as in equivalents().items()
        }
        final = {word for read_as in self._phrases.values() for word in read_as}
        self.forms = {form: self._one(read_as) for form, read_as in forms.items() if form not in final}
        self.known = frozenset(phrase[0] for phrase in self._phrases if len(phrase) == 1) | frozenset(forms)
        self.written = sorted(word for word in self.known if len(word) > 3)
        """Words that are read as others: they may be begun, or misspelt, like any word."""
        self._first = {phrase[0] for phrase in self._phrases}

    def read(self, text: str) -> list[Word]:
        """Return a text's canonical words, each with the place of what it was read from."""
        return self.canonical(spans(text))

    def canonical(self, words: list[Word]) -> list[Word]:
        """Return words with equivalents put in their places."""
        found: list[Word] = []
        at, count = 0, len(words)
        while at < count:
            word = words[at]
            if word.text not in self._first:
                found.append(self._formed(word))
                at += 1
                continue
            for length in range(min(LONGEST_PHRASE, count - at), 0, -1):
                read_as = self._phrases.get(tuple(each.text for each in words[at : at + length]))
                if read_as is not None:
                    end = words[at + length - 1].end
                    found += [Word(each, word.start, end) for each in read_as]
                    at += length
                    break
            else:
                found.append(self._formed(word))
                at += 1
        return found

    def _one(self, word: str) -> str:
        """Return what a single word is read as, where that is a single word."""
        read_as = self._phrases.get((word,), ())
        return read_as[0] if len(read_as) == 1 else word

    def _formed(self, word: Word) -> Word:
        form = self.forms.get(word.text)
        return word if form is None else Word(form, word.start, word.end)
