"""The classification's own rules on codes that stand together: Excludes1, code first, use additional code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from sqlalchemy import select

from webapp.codes.claims.excludes import names
from webapp.codes.listing import plain
from webapp.codes.models import Code, CodeNote, CodeSystem, CodeVersion
from webapp.codes.standing import in_force
from webapp.extensions import db
from webapp.tools.detecticd10cm.engine import Finding

Kind = Literal["excludes1", "code_first", "use_additional_code"]
KINDS: tuple[Kind, ...] = ("excludes1", "code_first", "use_additional_code")
SYSTEM = "icd-10-cm"


@dataclass(frozen=True, slots=True)
class Advice:
    """A rule of the tabular list on a code found. `other` is the code found that it speaks of, empty if there is none.

    `note` is the publisher's text, and `under` the code that it stands under.
    """

    kind: Kind
    code: str
    other: str
    note: str
    under: str


def check(findings: Iterable[Finding], day: int) -> list[Advice]:
    """Return the rules that the present codes of a text break or call for, in the order of the text."""
    codes = list(dict.fromkeys(finding.code for finding in findings if finding.status == "present"))
    notes = _notes(codes, date.fromordinal(day))
    made: dict[Advice, None] = {}
    for code in codes:
        for kind, under, note in notes.get(code, ()):
            named = [other for other in codes if other != code and names(note, plain(other))]
            if kind == "excludes1":
                made.update({Advice(kind, code, other, note, under): None for other in named})
            else:
                made[Advice(kind, code, named[0] if named else "", note, under)] = None
    return list(made)


def _notes(codes: list[str], day: date) -> dict[str, list[tuple[Kind, str, str]]]:
    """Return the notes of codes and of their headers, by code: what kind, under which code, and the text."""
    above = {code: [plain(code)[:length] for length in range(3, len(plain(code)) + 1)] for code in codes}
    wanted = {name for names in above.values() for name in names}
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Code.plain, Code.key, CodeNote.kind, CodeNote.text)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .join(CodeNote, CodeNote.version_id == CodeVersion.id)
        .where(CodeSystem.key == SYSTEM, Code.plain.in_(sorted(wanted)), CodeNote.kind.in_(KINDS))
        .where(in_force(day))
        .order_by(Code.plain, CodeNote.position)
    ).all()
    return {
        code: [(cast("Kind", kind), key, text) for name, key, kind, text in rows if name in names]
        for code, names in above.items()
    }
