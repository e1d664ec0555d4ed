"""Ways into a code system: its chapters, and what is near a code that does not exist."""

from __future__ import annotations

from sqlalchemy import Select, and_, func, or_, select

from webapp.codes.document import Link
from webapp.codes.listing import plain
from webapp.codes.models import Code, CodeSystem, CodeVersion, Release
from webapp.codes.service import IN_FORCE, fit
from webapp.extensions import db

CANDIDATES = 60
MISREAD_LETTERS = str.maketrans("OIL", "011")
"""Letters that are read for digits after the first character of a code."""
MISREAD_DIGITS = {"0": "O", "1": "I"}


def chapters(system_key: str) -> list[Link]:
    """Return the codes of a system that have nothing above them, in order: chapters, where it has any."""
    return _links(_codes(system_key).where(CodeVersion.parent_id.is_(None)).order_by(CodeVersion.position))


def nearest(system_key: str, text: str, limit: int = 8) -> list[Link]:
    """Return codes like `text`, which is none: a longer one's beginning, its family, then those written alike."""
    name = plain(text)[:20]
    if not (name and fit(name) and fit(system_key)):
        return []
    found = {link.key: link for link in _candidates(system_key, name)}
    order = sorted(found, key=plain)
    place = sum(plain(key) < name for key in order)
    misread = _misread(name)

    def closeness(key: str) -> tuple[int, int, int, int]:
        other = plain(key)
        return (
            other != misread,
            -_common_prefix(name, other),
            _distance(name, other),
            abs(2 * order.index(key) + 1 - 2 * place),
        )

    return [found[key] for key in sorted(order, key=closeness)[:limit]]


def _candidates(system_key: str, name: str) -> list[Link]:
    """Return the longest code that begins `name` with its children and siblings; without one, codes before and
    after the place where `name` would stand.
    """
    beginnings = [name[:length] for length in range(len(name), 1, -1)]
    here = _codes(system_key)
    base = db.session.execute(
        here.add_columns(Code.id, CodeVersion.parent_id)
        .where(Code.plain.in_(beginnings))
        .order_by(func.length(Code.plain).desc())
        .limit(1)
    ).one_or_none()
    found = _links(here.where(Code.plain == _misread(name)))
    if base is not None:
        family = [CodeVersion.parent_id == base[3], Code.id == base[3]]
        found += [Link(*base[:3]), *_links(here.where(CodeVersion.parent_id == base[4]).limit(CANDIDATES))]
        found += _links(here.where(or_(*family[:1])).limit(CANDIDATES))
        return found
    found += _links(here.where(Code.plain < name).order_by(Code.plain.desc()).limit(CANDIDATES))
    return found + _links(here.where(Code.plain >= name).order_by(Code.plain).limit(CANDIDATES))


def _codes(system_key: str) -> Select[tuple[str, str, bool]]:
    """Select the links to all codes that the current release of a system has."""
    return (
        select(Code.key, CodeVersion.title, CodeVersion.billable)
        .select_from(CodeSystem)
        .join(Release, Release.id == CodeSystem.current_release_id)
        .join(Code, Code.system_id == CodeSystem.id)
        .join(CodeVersion, and_(CodeVersion.code_id == Code.id, IN_FORCE))
        .where(CodeSystem.key == system_key)
    )


def _links(selection: Select[tuple[str, str, bool]]) -> list[Link]:
    return [Link(*row) for row in db.session.execute(selection)]


def _misread(name: str) -> str:
    """Return a code with letters for digits, and a digit for its first letter, put right: E11.O for E11.0."""
    return MISREAD_DIGITS.get(name[0], name[0]) + name[1:].translate(MISREAD_LETTERS)


def _common_prefix(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _distance(one: str, other: str) -> int:
    """Return how many characters must be put in, left out or changed (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
