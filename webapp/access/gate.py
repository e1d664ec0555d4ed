"""The gate: the one place where a page is granted. Callable without a Flask request.

Outage policy: with Redis down, readers whose plan has no limit are served as before; metered ones get the preview.
Nobody gets unlimited free pages, nobody gets a 5xx.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from webapp.access import logins
from webapp.access.crawlers import CrawlerProofs, is_bot
from webapp.access.guests import Guests
from webapp.access.policy import Admission, Purpose, Target, with_meter, without_meter
from webapp.access.visitor import Unpaid, Visitor
from webapp.billing.plans import Plan, PlanCatalogue
from webapp.core import clock
from webapp.core.periods import Window
from webapp.extensions import RedisClient, RedisUnavailable
from webapp.metering.counts import Counts
from webapp.metering.meter import NOTHING, Meter, Opening

COUNTED_AS = {"limit": "walls", "too many newcomers": "walls", "counted": "views", "not metered": "open_views"}
"""What an admission adds to the day's counts; pages without limit and other previews are told apart in `count`."""


class Gate:
    """Knows visitors and grants pages."""

    def __init__(
        self, redis: RedisClient, plans: PlanCatalogue, guests: Guests, counts: Counts, *, crawlers_read: bool
    ) -> None:
        self.redis, self.plans, self.guests, self.counts = redis, plans, guests, counts
        self.meter = Meter(redis)
        self._crawlers_read = crawlers_read
        self._proofs = CrawlerProofs()
        self._windows: dict[str, tuple[int, Window]] = {}

    def visitor(
        self,
        *,
        session_cookie: str | None,
        guest_cookie: str | None,
        user_agent: str,
        address: Callable[[], str],
        welcome: bool,
    ) -> Visitor:
        """Tell who asks. `welcome`: a newcomer may be given an identity (a page for a person, not a probe).

        Redis round trips: one for a reader, none for a returning guest or a machine, one for a newcomer.
        """
        if session_cookie:
            login = logins.current(session_cookie, self.redis)
            if login is not None:
                return self._reader(login)
        if is_bot(user_agent):
            proven = self._crawlers_read and self._proofs.proven(address())
            return Visitor(self.plans.guest, bot=True, proven_crawler=proven)
        guest = self._returning(guest_cookie)
        if guest is not None:
            return guest
        return self._newcomer(address()) if welcome else Visitor(self.plans.guest, newcomer=True)

    def known_visitor(self, session_cookie: str | None, guest_cookie: str | None, user_agent: str) -> Visitor | None:
        """Tell who asks from cookies and Redis alone; None where that does not do. Needs no application context."""
        if session_cookie:
            login = logins.cached(session_cookie, self.redis)
            return self._reader(login) if login is not None else None
        return None if is_bot(user_agent) else self._returning(guest_cookie)

    def _returning(self, guest_cookie: str | None) -> Visitor | None:
        guest_id = self.guests.read(guest_cookie)
        return Visitor(self.plans.guest, subject=f"g{guest_id}") if guest_id is not None else None

    def _reader(self, login: logins.Login) -> Visitor:
        plan = self.plans.get(login.plan_key) or self.plans.free
        if login.staff:
            plan = self.plans.most
        return Visitor(
            plan,
            subject=f"u{login.user_id}",
            user_id=login.user_id,
            session_id=login.session_id,
            email=login.email,
            staff=login.staff,
            unpaid=self._unpaid(login) if login.unpaid_plan else None,
        )

    def _unpaid(self, login: logins.Login) -> Unpaid:
        plan = self.plans.get(login.unpaid_plan)
        until = datetime.fromtimestamp(login.open_until, UTC)
        return Unpaid(plan.name if plan else "Your plan", until)

    def _newcomer(self, address: str) -> Visitor:
        try:
            newcomer = self.guests.welcome(self.redis, address)
        except RedisUnavailable:
            return Visitor(self.plans.guest, newcomer=True, welcome=True)
        if not newcomer.guest_id:
            return Visitor(self.plans.guest, newcomer=True, welcome=True, crowd=newcomer.crowd)
        return Visitor(
            self.plans.guest,
            subject=f"g{newcomer.guest_id}",
            newcomer=True,
            welcome=True,
            crowd=newcomer.crowd,
            new_cookie=self.guests.cookie(newcomer.guest_id),
        )

    def admit(self, visitor: Visitor, target: Target, purpose: Purpose = "read") -> Admission:
        """Grant the page or its preview, counting a view where one is due. At most one Redis round trip."""
        admission = without_meter(visitor, target, self.plans, crawlers_read=self._crawlers_read)
        if admission is None:
            admission = with_meter(visitor, target, self._open(visitor, target, purpose), purpose)
        return admission

    def _open(self, visitor: Visitor, target: Target, purpose: Purpose) -> Opening | None:
        window = self._window(visitor.plan)
        limit = visitor.plan.views.limit or 0
        commit = purpose == "read" and target.billable
        item = target.meter_id if target.billable else NOTHING
        try:
            return self.meter.open(visitor.subject, item, limit, window, commit=commit)
        except RedisUnavailable:
            return None

    def _window(self, plan: Plan) -> Window:
        """Return the plan's current window, worked out once a minute."""
        minute = int(clock.now().timestamp()) // 60
        kept = self._windows.get(plan.key)
        if kept is None or kept[0] != minute:
            kept = self._windows[plan.key] = minute, plan.views.period.window(clock.now())
        return kept[1]

    def refund(self, visitor: Visitor, target: Target, admission: Admission) -> None:
        """Take back a view that was counted for a page which then could not be shown."""
        if admission.reason == "counted":
            try:
                self.meter.refund(visitor.subject, target.meter_id, self._window(visitor.plan))
            except RedisUnavailable:
                return

    def count(self, admission: Admission) -> None:
        """Add a page that was shown, or its wall or preview, to the day's counts."""
        name = COUNTED_AS.get(admission.reason) or ("" if admission.full else "previews")
        if admission.reason == "unlimited":
            name = "subscriber_views" if admission.plan.rank > self.plans.free.rank else "open_views"
        if name:
            self.counts.add(name)

    def merge(self, guest_cookie: str | None, user_id: int, plan_key: str) -> None:
        """Move what a guest has open into an account, after a registration or login.

        The guest's own period is used up from then on, so that logging out gives nothing back. With Redis down
        nothing is moved: the guest's pages stay with the guest's cookie until the next login.
        """
        guest_id = self.guests.read(guest_cookie)
        if guest_id is None:
            return
        now, guest, plan = clock.now(), self.plans.guest, self.plans.get(plan_key) or self.plans.free
        source = f"g{guest_id}", guest.views.period.window(now)
        target_period = plan.views.period if not plan.unlimited else self.plans.free.views.period
        try:
            self.meter.merge(source, (f"u{user_id}", target_period.window(now)))
            if guest.views.limit is not None:
                self.meter.exhaust(*source, guest.views.limit)
        except RedisUnavailable:
            return
