"""Code pages as bytes: rendered once for each release, plan and wall, and filled in with what differs by reader.

Nothing here is kept by reader: two places stay open in the rendered page, the header's account links and the meter's
banner, and both come from small texts that many readers share.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
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
from webapp.codes import rendition, seo, service
from webapp.codes.document import Document, parse
from webapp.core import clock
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
    """A page's bytes around its two open places."""

    before_nav: bytes
    before_banner: bytes
    after_banner: bytes


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

    def known_target(self, system: str, key: str) -> Target | None:
        """Return the target if it is kept and the catalogue was looked at just now."""
        if time.monotonic() >= self._stamp_due:
            return None
        return self._targets.get((self._stamp, system, key))

    def page(self, system: str, key: str, admission: Admission) -> Rendered:
        """Return the page as `admission` allows it. Errors: LookupError if it is gone."""
        barrier = wall(admission, self._plans)
        today, plan_key = clock.today().isoformat(), admission.plan.key
        found = self._pages.get((self._stamp, system, key, today, plan_key, barrier))
        if found is None:
            # The stamp is read before the page, in one transaction: an old page is never kept under a new stamp.
            stamp = service.catalogue_stamp()
            found = self._render(system, key, today, plan_key, barrier)
            for other in self._plans.plans:  # most pages are alike for all plans: they are kept once
                alike = self._pages.get((stamp, system, key, today, other, barrier))
                if alike == found:
                    found = alike
            self._pages.keep((stamp, system, key, today, plan_key, barrier), found)
        return found

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

    def _render(self, system: str, key: str, today: str, plan_key: str, barrier: Wall | None) -> Rendered:
        packed = service.document(system, key)
        if packed is None:
            raise LookupError(f"the page {system} {key} is gone")
        document, plan, full = parse(packed), self._plans[plan_key], barrier is None
        path = path_of(system, key)
        shown = rendition.entries(document, plan, self._plans)
        metered = document.billable and self._plans.is_metered(system) and not self._plans.guest.unlimited
        canonical = self._public_url + path
        html = render_template(
            "codes/code.html",
            doc=rendition.prune(document, shown) if full else rendition.preview(document),
            contents=shown,
            preview=not full,
            wall=barrier,
            ended=ended(document, today),
            json_ld=seo.json_ld(document, shown, canonical, metered=metered),
            canonical=canonical,
            noarchive=metered,
            account_nav=Markup(NAV_SLOT),  # noqa: S704 - a constant of ours
            banner=Markup(BANNER_SLOT),  # noqa: S704 - a constant of ours
        ).replace(PATH_SLOT, path)
        before_nav, rest = html.split(NAV_SLOT)
        before_banner, after_banner = rest.split(BANNER_SLOT)
        return Rendered(before_nav.encode(), before_banner.encode(), after_banner.encode())


def path_of(system: str, key: str) -> str:
    """Return the path of a code page. Keys hold only characters that need no quoting."""
    return f"/codes/{system}/{key}"


def ended(document: Document, today: str) -> str:
    """Say that a page's release has ended; empty while it has not. Dates are ISO texts."""
    if document.release_to and today > document.release_to:
        last = date.fromisoformat(document.release_to)
        return (
            f"The release {document.release} ended on {last.day} {last:%B %Y}. "
            "Check a current release before you use this code for a later date of service."
        )
    return ""


def _target(system: str, key: str) -> Target | None:
    found = service.resolve(system, key)
    if found is None or found.key != key:
        return None
    return Target(system, found.meter_id, found.billable)
