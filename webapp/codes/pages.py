"""Code pages as bytes: rendered once for each release, plan and wall, and filled in with what differs by reader.

Nothing here is kept by reader: two places stay open in the rendered page, the header's account links and the meter's
banner, and both come from small texts that many readers share.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from flask import render_template
from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from webapp.access.policy import Admission, Target
from webapp.access.sentences import PATH_SLOT, Wall, alarm, notice, wall
from webapp.access.visitor import Visitor
from webapp.billing.plans import PlanCatalogue
from webapp.codes import rendition, seo, service, standing
from webapp.codes.document import Document, parse
from webapp.codes.facts.page import with_facts
from webapp.core import clock
from webapp.core.dates import long_date
from webapp.extensions import db

K = TypeVar("K")
V = TypeVar("V")

PAGES_KEPT = 2048
TARGETS_KEPT = 65_536
SMALL_KEPT = 1024
STAMP_SECONDS = 1.0
"""How long a process may show the catalogue as it was before a release was loaded."""

NAV_SLOT = "<!--slot:account-->"
BANNER_SLOT = "<!--slot:banner-->"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page's bytes around its two open places. `licensed`: the licence whose texts it shows, empty for none."""

    before_nav: bytes
    before_banner: bytes
    after_banner: bytes
    licensed: str = ""


class Kept(dict[K, V]):
    """A bounded cache, read without a lock; the oldest entry makes room for a new one."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._lock = most, threading.Lock()

    def keep(self, key: K, value: V) -> V:
        with self._lock:
            while len(self) >= self._most:
                del self[next(iter(self))]
            self[key] = value
        return value


class CodePages:
    """Finds and renders code pages for one application.

    `known_target` and `known_page` only look at what is kept: they ask no database and need no application context.
    """

    def __init__(self, plans: PlanCatalogue, public_url: str, templates: Environment) -> None:
        self._plans, self._public_url, self._templates = plans, public_url, templates
        self._stamp, self._stamp_due = "", 0.0
        self._targets: Kept[tuple[str, str, str], Target] = Kept(TARGETS_KEPT)
        self._pages: Kept[tuple[str, str, str, str, str, Wall | None], Rendered] = Kept(PAGES_KEPT)
        self._small: Kept[tuple[object, ...], str] = Kept(SMALL_KEPT)

    def target(self, system: str, key: str) -> Target | None:
        """Return what opening the page of a canonical key asks for, None if there is no such page."""
        self._refresh_stamp()
        found = self._targets.get((self._stamp, system, key))
        if found is None:
            stamp, found = service.catalogue_stamp(), _target(system, key)
            if found is not None:
                self._targets.keep((stamp, system, key), found)
        return found

    def target_on(self, system: str, key: str, day: date) -> Target | None:
        """Return what opening a page as of a day asks for. Errors: NotFound if there was no such page on it."""
        self._refresh_stamp()
        document = standing.document(system, key, day)
        return Target(system, document.meter_id, document.billable) if document else None

    def known_target(self, system: str, key: str) -> Target | None:
        """Return the target if it is kept and the catalogue was looked at just now."""
        if time.monotonic() >= self._stamp_due:
            return None
        return self._targets.get((self._stamp, system, key))

    def page(self, system: str, key: str, admission: Admission, day: date | None = None) -> Rendered:
        """Return the page as `admission` allows it, as of a day if one is given.

        Errors: LookupError if it is gone, NotFound if there was no such page on the day.
        """
        barrier = wall(admission, self._plans)
        today, plan_key = clock.today(), admission.plan.key
        if day is not None:  # there are too many days to keep their pages
            return self._settled(lambda: self._render(system, key, today, day, plan_key, barrier))[1]
        found = self._pages.get((self._stamp, system, key, today.isoformat(), plan_key, barrier))
        if found is None:
            stamp, found = self._settled(lambda: self._render(system, key, today, None, plan_key, barrier))
            for other in self._plans.plans:  # most pages are alike for all plans: they are kept once
                alike = self._pages.get((stamp, system, key, today.isoformat(), other, barrier))
                if alike == found:
                    found = alike
            self._pages.keep((stamp, system, key, today.isoformat(), plan_key, barrier), found)
        return found

    def _settled(self, render: Callable[[], Rendered]) -> tuple[str, Rendered]:
        """Return a page and the catalogue's stamp while it was made: one made across a load is made again."""
        while True:
            stamp = service.catalogue_stamp()
            found = render()
            if service.catalogue_stamp() == stamp:
                return stamp, found

    def known_page(self, system: str, key: str, plan_key: str) -> Rendered | None:
        """Return the whole page, as a plan shows it, if it is kept."""
        return self._pages.get((self._stamp, system, key, clock.today().isoformat(), plan_key, None))

    def html(self, page: Rendered, path: str, visitor: Visitor, admission: Admission) -> bytes:
        """Return the page's bytes with what differs by reader filled in. `path`: the page's own."""
        reader = {"signed_in": visitor.signed_in, "plan_name": visitor.plan_name}
        nav = self._part("parts/account_nav.html", "visitor", reader, *reader.values())
        banner = ""
        if admission.usage is not None:
            told = notice(admission.plan, self._plans, admission.usage)
            banner = self._part("parts/banner.html", "notice", told, told)
        if visitor.unpaid is not None:
            warning = alarm(visitor.unpaid, clock.now())
            banner = self._part("parts/alarm.html", "alarm", warning, warning) + banner
        return b"".join(
            (
                page.before_nav,
                nav.replace(PATH_SLOT, path).encode(),
                page.before_banner,
                banner.replace(PATH_SLOT, path).encode(),
                page.after_banner,
            )
        )

    def _part(self, template: str, name: str, value: object, *key: object) -> str:
        """Return a small template rendered with one value, kept under `key`; it needs no application context."""
        found = self._small.get((template, *key))
        if found is None:
            found = self._small.keep((template, *key), self._templates.get_template(template).render({name: value}))
        return found

    def _refresh_stamp(self) -> None:
        if time.monotonic() < self._stamp_due:
            return
        self._stamp_due = time.monotonic() + STAMP_SECONDS  # before asking: a slow database holds up one reader
        try:
            self._stamp = service.catalogue_stamp()
        except SQLAlchemyError:
            db.session.rollback()
            if not self._stamp:
                raise
            # The database is away: pages rendered before are still right.

    def _render(
        self, system: str, key: str, today: date, day: date | None, plan_key: str, barrier: Wall | None
    ) -> Rendered:
        document = _document(system, key, today, day)
        document = with_facts(document, day or today)
        plan, full = self._plans[plan_key], barrier is None
        path = path_of(system, key)
        shown = rendition.entries(document, plan, self._plans)
        metered = document.billable and self._plans.is_metered(system) and not self._plans.guest.unlimited
        canonical = self._public_url + path
        page = rendition.prune(document, shown) if full else rendition.preview(document)
        html = render_template(
            "codes/code.html",
            doc=page,
            contents=shown,
            preview=not full,
            wall=barrier,
            ended=ended(document, (day or today).isoformat()),
            on=day,
            asks_day="as_of" in plan.features and full,
            json_ld=seo.json_ld(document, shown, canonical, metered=metered),
            canonical=canonical,
            noarchive=metered,
            account_nav=Markup(NAV_SLOT),  # noqa: S704 - a constant of ours
            banner=Markup(BANNER_SLOT),  # noqa: S704 - a constant of ours
        ).replace(PATH_SLOT, path)
        before_nav, rest = html.split(NAV_SLOT)
        before_banner, after_banner = rest.split(BANNER_SLOT)
        return Rendered(before_nav.encode(), before_banner.encode(), after_banner.encode(), _licensed(page))


def _document(system: str, key: str, today: date, day: date | None) -> Document:
    """Return the current page of a code, or the one of a day. Errors: LookupError, NotFound."""
    if day is None:
        packed = service.document(system, key)
        document = parse(packed) if packed is not None else None
    else:
        document = standing.document(system, key, day)
    if document is None:
        raise LookupError(f"the page {system} {key} is gone")
    if not document.release_from:
        return document
    since = service.in_force_since(document.code_id, document.billable, day or today)
    return replace(document, valid_from=since.isoformat() if since else "")


def _licensed(page: Document) -> str:
    """Return the licence whose texts a page shows, empty for none."""
    blocks = (block for section in page.sections for block in section.blocks)
    return next((block.licensed for block in blocks if block.licensed), "")


def path_of(system: str, key: str) -> str:
    """Return the path of a code page. Keys hold only characters that need no quoting."""
    return f"/codes/{system}/{key}"


def ended(document: Document, today: str) -> str:
    """Say that a page's release has ended; empty while it has not. Dates are ISO texts."""
    if document.release_to and today > document.release_to:
        last = date.fromisoformat(document.release_to)
        return (
            f"The release {document.release} ended on {long_date(last)}. "
            "Check a current release before you use this code for a later date of service."
        )
    return ""


def _target(system: str, key: str) -> Target | None:
    found = service.resolve(system, key)
    if found is None or found.key != key:
        return None
    return Target(system, found.meter_id, found.billable)
