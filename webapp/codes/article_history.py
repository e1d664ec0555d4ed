"""What an article said at each time: a row for every change, whoever made it, so that any text can be had back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from webapp.auth.models import User
from webapp.core import clock
from webapp.core.errors import NotFound
from webapp.extensions import Base, db

Action = Literal["saved", "imported", "restored", "deleted"]
ACTIONS: tuple[Action, ...] = ("saved", "imported", "restored", "deleted")


class ArticleRevision(Base):
    """An article as it was left by one change; of a deletion, what was deleted."""

    __tablename__ = "article_revision"
    __table_args__ = (CheckConstraint(f"action IN {ACTIONS}", name="action_known"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("code.id"), index=True)
    at: Mapped[datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    """Who made it; None: a file was imported."""
    action: Mapped[str] = mapped_column(String(10))
    markdown: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Change:
    """A revision and the address of who made it, empty for the site itself."""

    row: ArticleRevision
    by: str


def record(code_id: int, action: Action, markdown: str, staff_id: int | None = None) -> None:
    """Keep what an article says after a change, in the running transaction."""
    db.session.add(
        ArticleRevision(code_id=code_id, at=clock.now(), staff_id=staff_id, action=action, markdown=markdown)
    )


def of(code_id: int) -> list[Change]:
    """Return all changes of a code's article, newest first."""
    rows = (
        select(ArticleRevision, User.email)
        .outerjoin(User, User.id == ArticleRevision.staff_id)
        .where(ArticleRevision.code_id == code_id)
        .order_by(ArticleRevision.id.desc())
    )
    return [Change(row, email or "") for row, email in db.session.execute(rows)]


def one(code_id: int, revision_id: int) -> Change:
    """Return one change of a code's article. Errors: NotFound."""
    row = db.session.get(ArticleRevision, revision_id)
    if row is None or row.code_id != code_id:
        raise NotFound
    by = db.session.get(User, row.staff_id) if row.staff_id else None
    return Change(row, by.email if by else "")
