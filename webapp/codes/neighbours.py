"""Codes near a text that is none: what a reader who mistyped may have meant."""

from __future__ import annotations

from sqlalchemy import func

from webapp.codes.document import Link
from webapp.codes.listing import plain
from webapp.codes.models import KEY_LENGTH, Code, CodeVersion
from webapp.codes.queries import codes_of, fit, links
from webapp.extensions import db

CANDIDATES = 60
LETTERS_FOR_DIGITS = str.maketrans("OIL", "011")
"""Letters that are written for digits after the first character of a code."""
DIGITS_FOR_LETTERS = {"0": "O", "1": "I"}


def nearest(system_key: str, text: str, limit: int = 8) -> list[Link]:
    """Return codes like `text`: the code that it lengthens, that code's family, and those written alike."""
    name = plain(text)[:KEY_LENGTH]
    if not fit(name, system_key):
        return []
    meant = put_right(name)
    found = {link.key: link for link in _candidates(system_key, name, meant)}

    def closeness(key: str) -> tuple[bool, int, int, int, str]:
        other = plain(key)
        alike = common_prefix(name, other)
        gap = abs(ord(other[alike]) - ord(name[alike])) if alike < min(len(name), len(other)) else 0
        return other != meant, -alike, distance(name, other), gap, other

    return [found[key] for key in sorted(found, key=closeness)[:limit]]


def _candidates(system_key: str, name: str, meant: str) -> list[Link]:
    """Return the longest code that `name` begins with, its children and siblings; where there is none, the codes
    before and after the place where `name` would stand. Every look-up is a short range of an index.
    """
    codes = codes_of(system_key)
    beginnings = [name[:length] for length in range(2, len(name) + 1)]
    longest = codes.add_columns(Code.id, CodeVersion.parent_id).where(Code.plain.in_(beginnings))
    base = db.session.execute(longest.order_by(func.length(Code.plain).desc()).limit(1)).one_or_none()
    found = links(codes.where(Code.plain == meant))
    if base is not None:
        found.append(Link(base[0], base[1], base[2]))
        for parent_id in filter(None, base[3:5]):
            found += links(codes.where(CodeVersion.parent_id == parent_id).limit(CANDIDATES))
        return found
    found += links(codes.where(Code.plain < name).order_by(Code.plain.desc()).limit(CANDIDATES))
    return found + links(codes.where(Code.plain >= name).order_by(Code.plain).limit(CANDIDATES))


def put_right(name: str) -> str:
    """Return a code with misread characters put right: `E11O` for E110, `0244` for O244."""
    return DIGITS_FOR_LETTERS.get(name[0], name[0]) + name[1:].translate(LETTERS_FOR_DIGITS)


def common_prefix(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def distance(one: str, other: str) -> int:
    """Return how many characters must be put in, left out or changed to get from one to the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
