"""Code pages as bytes: rendered once for each release, plan and wall, and filled in with what differs by reader.

Nothing here is kept by reader: two places stay open in the rendered page, the header's account links and the meter's
banner, and both come from small texts that many readers share.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from flask import render_template
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from webapp.access.policy import Admission, Target, Usage
from webapp.access.sentences import PATH_SLOT, Wall, notice, wall
from webapp.access.visitor import Visitor
from webapp.billing.plans import PlanCatalogue
from webapp.codes import rendition, seo, service
from webapp.codes.document import Document, parse
from webapp.core import clock

K = TypeVar("K")
V = TypeVar("V")

PAGES_KEPT = 2048
TARGETS_KEPT = 65_536
BANNERS_KEPT = 1024
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

    def find(self, key: K, make: Callable[[], V | None] | None) -> V | None:
        """Return what is kept, else what `make` makes; None is not kept."""
        found = self.get(key)
        if found is None and make is not None:
            found = make()
            if found is not None:
                with self._lock:
                    while len(self) >= self._most:
                        del self[next(iter(self))]
                    self[key] = found
        return found


class CodePages:
    """Finds and renders code pages for one application.

    With `cold=False` the methods only look at what is kept: they ask no database, need no application context, and
    return None where that does not do.
    """

    def __init__(self, plans: PlanCatalogue, public_url: str) -> None:
        self._plans, self._public_url = plans, public_url
        self._stamp, self._stamp_due = "", 0.0
        self._targets: Kept[tuple[str, str, str], Target] = Kept(TARGETS_KEPT)
        self._pages: Kept[tuple[str, str, str, str, str, Wall | None], Rendered] = Kept(PAGES_KEPT)
        self._navs: Kept[tuple[bool, str], str] = Kept(BANNERS_KEPT)
        self._banners: Kept[tuple[str, Usage | None], str] = Kept(BANNERS_KEPT)

    def target(self, system: str, key: str, *, cold: bool = True) -> Target | None:
        """Return what opening the page of a canonical key asks for, None if there is no such page."""
        if cold:
            self._refresh_stamp()
        elif time.monotonic() >= self._stamp_due:
            return None
        return self._targets.find((self._stamp, system, key), (lambda: _target(system, key)) if cold else None)

    def has_whole(self, system: str, key: str, plan_key: str) -> bool:
        """Whether the whole page, as a plan shows it, is kept."""
        return (self._stamp, system, key, clock.today().isoformat(), plan_key, None) in self._pages

    def html(self, system: str, key: str, visitor: Visitor, admission: Admission, *, cold: bool = True) -> bytes | None:
        """Return the page as `admission` allows it; None only with `cold=False`. Errors: LookupError if it is gone."""
        path, plan_key, usage = path_of(system, key), admission.plan.key, admission.usage
        today, barrier = clock.today().isoformat(), wall(admission, self._plans)
        page = self._pages.find(
            (self._stamp, system, key, today, plan_key, barrier),
            (lambda: self._render(system, key, today, plan_key, barrier)) if cold else None,
        )
        reader = visitor.signed_in, visitor.plan_name
        nav = self._navs.find(reader, (lambda: _nav(*reader)) if cold else None)
        banner = self._banners.find((plan_key, usage), (lambda: self._banner(plan_key, usage)) if cold else None)
        if page is None or nav is None or banner is None:
            return None
        open_places = nav.replace(PATH_SLOT, path).encode(), banner.replace(PATH_SLOT, path).encode()
        return b"".join((page.before_nav, open_places[0], page.before_banner, open_places[1], page.after_banner))

    def _refresh_stamp(self) -> None:
        if time.monotonic() < self._stamp_due:
            return
        try:
            self._stamp = service.catalogue_stamp()
        except SQLAlchemyError:
            if not self._stamp:
                raise
            # The database is away: pages rendered before are still right.
        self._stamp_due = time.monotonic() + STAMP_SECONDS

    def _render(self, system: str, key: str, today: str, plan_key: str, barrier: Wall | None) -> Rendered:
        packed = service.document(system, key)
        if packed is None:
            raise LookupError(f"the page {system} {key} is gone")
        document, plan, full = parse(packed), self._plans[plan_key], barrier is None
        path = path_of(system, key)
        shown = rendition.entries(document, plan, self._plans)
        metered = document.billable and self._plans.is_metered(system)
        canonical = self._public_url + path
        html = render_template(
            "codes/code.html",
            doc=rendition.prune(document, shown) if full else rendition.preview(document),
            contents=shown if full else [],
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

    def _banner(self, plan_key: str, usage: Usage | None) -> str:
        if usage is None:
            return ""
        return render_template("parts/banner.html", notice=notice(self._plans[plan_key], self._plans, usage))


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


def _nav(signed_in: bool, plan_name: str) -> str:
    return render_template("parts/account_nav.html", visitor={"signed_in": signed_in, "plan_name": plan_name})
