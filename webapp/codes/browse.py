"""Ways into a code system: from above, and from a code that does not exist. Each page links on from there."""

from __future__ import annotations

from webapp.codes.document import Link
from webapp.codes.models import CodeVersion
from webapp.codes.neighbours import nearest
from webapp.codes.queries import codes_of, links

__all__ = ["chapters", "nearest"]


def chapters(system_key: str) -> list[Link]:
    """Return the codes of a system that have nothing above them, in order: chapters, where it has any."""
    return links(codes_of(system_key).where(CodeVersion.parent_id.is_(None)).order_by(CodeVersion.position))
