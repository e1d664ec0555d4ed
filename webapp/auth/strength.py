"""Which passwords are refused: too short or long, common or breached, built on words of one's own. Works offline.

Breached lists are mostly a few hundred words and keyboard runs with digits and signs around them, so that is what is
looked for, rather than millions of literal lines. There are no rules of composition (NIST SP 800-63B 3.1.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SHORTEST = 10
LONGEST = 128
OWN_WORD_LENGTH = 4
LEAST_OF_ONES_OWN = 6
"""So many characters must be left once the reader's and the site's names are taken out."""
LEAST_BESIDE_COMMON = 5
"""So many letters must be left once common words and runs are taken out; digits and signs around them add little."""
LEAST_ALONE = 1
"""The same where blanks and signs between the words were dropped before."""
MOST_WORDS = 3
"""Common words make a good password all the same once there are more than so many different ones."""
SHORTEST_RUN = 4

WORDS = Path(__file__).with_name("common_words.txt")
RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiopü",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7",
    "!@#$%^&*()_+",
    "1a2b3c4d5e6f7g8h9i",
    "a1b2c3d4e5f6g7h8i9",
    "qwerasdfzxcv",
    "1qazxsw23edcvfr45tgbnhy67ujm",
    "147258369",
    "0192837465",
    "1029384756",
    "1357924680",
    "13579",
    "1234554321",
    "qwaszx",
)
"""Keyboard rows and columns (US, German, French), the keypad, the alphabet and the digits; read in both directions."""
LOOKALIKES = str.maketrans("@431!|0$5789", "aaeiiiosstbg")


def weakness(password: str, own_words: Iterable[str] = ()) -> str | None:
    """Say in one sentence why a password is refused, or return None. `own_words`: the site's name, the address."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. A few words in a row are easy to remember."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    folded = password.casefold()
    if _is_built_on(folded, own_words):
        return "This is built on your address or the site's name, which is tried first."
    if _is_repeated(folded):
        return "This repeats a few characters, which is quickly guessed."
    joined = re.sub(r"[\W_]+", "", folded)
    if _is_common(folded) or _is_common(folded.translate(LOOKALIKES)) or _is_common(joined, LEAST_ALONE):
        return "This is among the passwords that are guessed first, with or without digits and signs around it."
    return None


def words_of(*texts: str) -> list[str]:
    """Split addresses and names into the words that a password must not be built on."""
    return [word for text in texts for word in re.split(r"[\W_]+", text.casefold()) if len(word) >= OWN_WORD_LENGTH]


def _is_built_on(folded: str, own_words: Iterable[str]) -> bool:
    words = sorted(set(words_of(*own_words)), key=len, reverse=True)
    rest = folded
    for word in words:
        rest = rest.replace(word, "")
    return rest != folded and len(rest) < LEAST_OF_ONES_OWN


def _is_repeated(folded: str) -> bool:
    """Whether it is one short piece over and over, or hardly any different characters."""
    return len(set(folded)) < 4 or re.fullmatch(r"(.{1,5}?)\1+.{0,4}", folded, re.DOTALL) is not None


def _is_common(folded: str, least: int = LEAST_BESIDE_COMMON) -> bool:
    """Whether less than `least` is left once a few common words and runs, the longest first, are taken out."""
    rest, known, index = "", set(), 0
    while index < len(folded):
        size = max(_word_at(folded, index), _run_at(folded, index))
        if size:
            known.add(folded[index : index + size])
        else:
            rest += folded[index]
        index += size or 1
    letters = sum(char.isalpha() for char in rest)
    return 0 < len(known) <= MOST_WORDS and letters + (len(rest) - letters) // 2 < least


def _word_at(text: str, index: int) -> int:
    longest, words = _common_words()
    return next((size for size in range(longest, 2, -1) if text[index : index + size] in words), 0)


def _run_at(text: str, index: int) -> int:
    """The length of the keyboard run, or of one character over and over, that begins here; 0 below four."""
    best = len(text[index:]) - len(text[index:].lstrip(text[index]))
    for run in _both_ways():
        size = best + 1
        while index + size <= len(text) and text[index : index + size] in run:
            best, size = size, size + 1
    return best if best >= SHORTEST_RUN else 0


@cache
def _both_ways() -> tuple[str, ...]:
    return tuple(way for run in RUNS for way in (run, run[::-1]))


@cache
def _common_words() -> tuple[int, frozenset[str]]:
    words = frozenset(WORDS.read_text("utf-8").split())
    return max(map(len, words)), words
