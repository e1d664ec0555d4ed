"""Who asks: resolved once a request from cookies, address and User-Agent, without Flask."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from webapp.access.guests import Crowd
from webapp.billing.plans import Plan


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A plan whose payment failed: it stays open until a moment (exclusive), which may have passed."""

    plan_name: str
    until: datetime


@dataclass(slots=True)
class Visitor:
    """Whoever sent the request.

    `subject` is what their views are counted under (`g…` a guest, `u…` a reader), empty where nothing can be counted:
    a machine, or a newcomer who got no identity.
    """

    plan: Plan
    subject: str = ""
    user_id: int | None = None
    session_id: int | None = None
    email: str = ""
    staff: bool = False
    bot: bool = False
    proven_crawler: bool = False
    unpaid: Unpaid | None = None
    newcomer: bool = False
    welcome: bool = False
    """Whether a newcomer's request was one that an identity may be given to."""
    crowd: Crowd = "open"
    new_cookie: str = field(default="", repr=False)
    """The guest cookie to send back, if one was made."""

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def plan_name(self) -> str:
        """What the header calls the reader's plan."""
        return "Staff" if self.staff else self.plan.name
